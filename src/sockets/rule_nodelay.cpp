// TCP_NODELAY is off where everything else says that it should be on. No configuration file is
// read: what counts is what the listening socket hands on, what the program's other connections
// have, and what some programs always do.
#include <algorithm>
#include <map>
#include <utility>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

/// These set TCP_NODELAY on every TCP client they accept, whatever their configuration says.
constexpr std::string_view kAlwaysNodelay[] = {
    "redis-server", "valkey-server", "memcached", "postgres", "mysqld", "mariadbd", "haproxy",
};

// Two others could be an exception of their own; three that agree are the program's habit.
constexpr std::uint32_t kHabit = 3;

struct Habit {
  std::uint32_t on = 0, off = 0;
};
/// Of one process and listening socket.
using Habits = std::map<std::pair<std::size_t, std::uint64_t>, Habit>;

std::optional<bool> Nodelay(const std::optional<SocketOptions>& options) {
  return options ? options->nodelay : std::nullopt;
}

Habits HabitsOf(const Evidence& evidence) {
  Habits habits;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const auto nodelay = Nodelay(connection.options);
    if (!nodelay || !connection.owner || !IsEstablished(connection)) continue;
    const ListenerEvidence* listener = ListenerOf(evidence, connection);
    if (listener == nullptr) continue;
    Habit& habit = habits[{*connection.owner, listener->last.cookie}];
    ++(*nodelay ? habit.on : habit.off);
  }
  return habits;
}

bool AlwaysSetsIt(const Process& process) {
  return std::any_of(std::begin(kAlwaysNodelay), std::end(kAlwaysNodelay), [&](auto name) {
    return process.executable == name || (process.executable.empty() && process.command == name);
  });
}

struct Expectation {
  std::string text;
  bool contradicts = false;  ///< not only unusual: it cannot come from the program's own doing
};

std::optional<Expectation> Expected(const Evidence& evidence, const ConnectionEvidence& connection,
                                    const ListenerEvidence& listener, const Habits& habits) {
  if (Nodelay(listener.options) == std::optional(true)) {
    return Expectation{"its listening socket has it on and hands it on", true};
  }
  const Process& process = evidence.processes[*connection.owner];
  if (AlwaysSetsIt(process)) {
    return Expectation{Format("{} sets it on every client",
                              process.executable.empty() ? process.command : process.executable),
                       true};
  }
  const auto habit = habits.find({*connection.owner, listener.last.cookie});
  if (habit == habits.end() || habit->second.on < kHabit ||
      habit->second.on < kHabit * habit->second.off) {
    return std::nullopt;
  }
  return Expectation{Format("{} of this program's connections here have it on", habit->second.on),
                     false};
}

Finding MissingFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                       const Expectation& expected) {
  Finding finding = About(evidence, connection, "nodelay_missing");
  // Off costs nothing while nothing is held, and a program may turn it on only when it must.
  const std::uint32_t held = connection.trends.held_quiet_looks;
  finding.severity = held > 0 ? Severity::kWarning : Severity::kInfo;
  finding.confidence = expected.contradicts ? Confidence::kConfirmed : Confidence::kLikely;
  Put(finding, "nodelay", std::string("off"));
  Put(finding, "expected_because", expected.text);
  Put(finding, "held_quiet_looks", held);
  Put(finding, "looks", connection.looks);
  finding.summary = Format("TCP_NODELAY is off, though {}", expected.text);
  finding.advice =
      "see whether the connection is older than the setting (then it stays off until it is opened "
      "again), or whether the program turns it off";
  finding.fix = LiveFix::kNodelay;
  return finding;
}

}  // namespace

Findings NodelayMissing(const Evidence& evidence) {
  const Habits habits = HabitsOf(evidence);
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (Nodelay(connection.options) != std::optional(false)) continue;
    if (!connection.owner || *connection.owner >= evidence.processes.size()) continue;
    const ListenerEvidence* listener = ListenerOf(evidence, connection);
    if (listener == nullptr || !IsEstablished(connection)) continue;
    const auto expected = Expected(evidence, connection, *listener, habits);
    if (expected) found.push_back(MissingFinding(evidence, connection, *expected));
  }
  return found;
}

}  // namespace tunewire
