#include "cli/sockets_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/word_error.h"
#include "cli/peer_word.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kMostPid = 4'194'304;  // PID_MAX_LIMIT of the kernel
constexpr microseconds kHour = std::chrono::hours(1);

/// What CLI11 writes into.
struct SocketsWords {
  std::vector<std::string> pids;
  std::string command, unit, port, peer, time, record, replay, fix, trial;
  bool all = false, options = false, listeners = false, watch = false, listener = false;
  bool yes = false, undo = false;
};

Result<std::int64_t> Whole(std::string_view option, std::string_view text, std::string_view part,
                           std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error == std::errc() && end == part.data() + part.size() && value >= 1 && value <= most)
    return value;
  return Fail(WordError("invalid_argument", option, text, part,
                        Format("{} takes a whole number", option), Format("from 1 to {}", most)));
}

Result<milliseconds> Time(std::string_view option, std::string_view text, microseconds least,
                          microseconds most) {
  const Result<microseconds> time = ParseDuration(text);
  if (time && *time >= least && *time <= most)
    return std::chrono::duration_cast<milliseconds>(*time);
  return Fail(WordError(
      "invalid_duration", option, text, text,
      time ? Format("{} takes another time", option) : time.error().message,
      Format("from {} to {}, such as 5s or 500ms", FormatDuration(least), FormatDuration(most))));
}

Status TakePids(const std::vector<std::string>& words, std::vector<int>& to) {
  for (const std::string& word : words) {
    for (std::size_t from = 0; from <= word.size();) {
      const std::string_view part =
          std::string_view(word).substr(from, std::min(word.find(',', from), word.size()) - from);
      const Result<std::int64_t> pid = Whole("--pid", word, part, kMostPid);
      if (!pid) return Fail(pid.error());
      to.push_back(static_cast<int>(*pid));
      from += part.size() + 1;
    }
  }
  return {};
}

Status TakeFix(const std::string& word, std::optional<FixKind>& to) {
  if (word.empty()) return {};
  const std::vector<std::string> names{"nodelay", "quickack", "uncork"};
  for (const FixKind kind : {FixKind::kNodelay, FixKind::kQuickAck, FixKind::kUncork}) {
    if (word == names[static_cast<std::size_t>(kind)]) to = kind;
  }
  if (to) return {};
  const std::vector<std::string> near = Nearest(word, names, 1);
  return Fail(WordError("no_such_fix", "--fix", word, word, "no such fix",
                        near.empty() ? std::string("nodelay, quickack or uncork")
                                     : Format("did you mean {}?", near.front())));
}

Error Together(std::string message, std::string hint) {
  return UsageError("invalid_argument", std::move(message), std::move(hint));
}

/// Options that a command line has given, by their names.
std::vector<std::string_view> Given(
    std::initializer_list<std::pair<bool, std::string_view>> options) {
  std::vector<std::string_view> names;
  for (const auto& [given, name] : options) {
    if (given) names.push_back(name);
  }
  return names;
}

Status CheckFix(const SocketsWords& words, const SocketsArguments& taken) {
  const bool changes = taken.fix || taken.undo;
  if (taken.fix && taken.undo)
    return Fail(Together("--fix and --undo exclude each other", "--undo puts back what --fix set"));
  const auto only = Given({{words.listener, "--listener"}, {!words.trial.empty(), "--trial"}});
  if (!taken.fix && !only.empty())
    return Fail(Together(Format("{} belongs to --fix", only.front()),
                         "tunewire sockets --fix nodelay --pid N"));
  if (!changes && taken.yes)
    return Fail(Together("--yes belongs to --fix and --undo", "nothing else asks"));
  if (!changes) return {};
  const auto foreign = Given({{taken.options, "--options"},
                              {taken.listeners, "--listeners"},
                              {taken.watch, "--watch"},
                              {!taken.record.empty(), "--record"},
                              {!taken.replay.empty(), "--replay"},
                              {!taken.peer.empty(), "--peer"}});
  if (!foreign.empty())
    return Fail(Together(
        Format("{} and {} exclude each other", taken.fix ? "--fix" : "--undo", foreign.front()),
        foreign.front() == "--listeners" ? "--listener fixes listening sockets" : ""));
  const bool any = !taken.pids.empty() || !taken.command.empty() || !taken.unit.empty() ||
                   taken.port.has_value();
  if (taken.fix && !any)
    return Fail(MissingArgument("sockets", "sockets shall --fix touch",
                                "--pid, --command, --unit or --port chooses them"));
  return {};
}

Status CheckTogether(const SocketsWords& words, const SocketsArguments& taken) {
  const auto chosen = Given({{!taken.pids.empty(), "--pid"},
                             {!taken.command.empty(), "--command"},
                             {!taken.unit.empty(), "--unit"},
                             {taken.port.has_value(), "--port"},
                             {!taken.peer.empty(), "--peer"}});
  if (taken.all && !chosen.empty())
    return Fail(Together(Format("--all and {} exclude each other", chosen.front()), ""));
  const auto live = Given({{!words.time.empty(), "--for"},
                           {taken.watch, "--watch"},
                           {!taken.record.empty(), "--record"}});
  if (!taken.replay.empty() && !live.empty())
    return Fail(Together(Format("--replay and {} exclude each other", live.front()),
                         "a recording is as long as it is"));
  if (taken.watch && !taken.record.empty())
    return Fail(Together("--watch and --record exclude each other",
                         "--record FILE --for TIME keeps the looks of that time"));
  return CheckFix(words, taken);
}

void AddSocketsOptions(CLI::App& command, SocketsWords& words) {
  const auto text = [&command](const char* name, std::string& to, const char* what,
                               const char* type) {
    command.add_option(name, to, what)->type_name(type);
  };
  command.add_option("--pid", words.pids, "sockets of this process; several with commas")
      ->type_name("N")
      ->allow_extra_args(false);
  text("--command", words.command, "of processes of this name", "NAME");
  text("--unit", words.unit, "of this systemd unit", "UNIT");
  text("--port", words.port, "with this port at either end", "N");
  text("--peer", words.peer, "towards an address, prefix, or address and port", "ADDR");
  command.add_flag("--all", words.all, "every socket, which is the default");
  text("--for", words.time, "look for so long (3s; 1s with --listeners)", "TIME");
  command.add_flag("--options", words.options, "read socket options, too (a debugger's rights)");
  command.add_flag("--listeners", words.listeners, "backlogs, queues and overflows");
  text("--record", words.record, "keep the raw looks", "FILE");
  text("--replay", words.replay, "judge kept looks instead of live ones", "FILE");
  command.add_flag("--watch", words.watch, "look again and again, until Ctrl-C");
  text("--fix", words.fix, "set nodelay, quickack or uncork on live sockets", "WHAT");
  command.add_flag("--listener", words.listener, "--fix also for later connections");
  text("--trial", words.trial, "--fix for so long, then put back: the proof", "TIME");
  command.add_flag("--undo", words.undo, "put back what --fix has set");
  command.add_flag("--yes", words.yes, "--fix and --undo without asking");
}

Status TakeValues(const SocketsWords& words, SocketsArguments& taken) {
  if (Status pids = TakePids(words.pids, taken.pids); !pids) return pids;
  if (!words.port.empty()) {
    const Result<std::int64_t> port = Whole("--port", words.port, words.port, 65'535);
    if (!port) return Fail(port.error());
    taken.port = static_cast<std::uint16_t>(*port);
  }
  if (!words.peer.empty()) {
    const Result<PeerWord> peer = ParsePeer(words.peer);
    if (!peer) return Fail(peer.error());
  }
  if (!words.time.empty()) {
    const Result<milliseconds> time = Time("--for", words.time, milliseconds(50), kHour);
    if (!time) return Fail(time.error());
    taken.time = *time;
  }
  if (!words.trial.empty()) {
    const Result<milliseconds> time = Time("--trial", words.trial, milliseconds(200), kHour);
    if (!time) return Fail(time.error());
    taken.trial = *time;
  }
  return TakeFix(words.fix, taken.fix);
}

Result<SocketsArguments> TakeSockets(const SocketsWords& words) {
  SocketsArguments taken;
  taken.command = words.command;
  taken.unit = words.unit;
  taken.peer = words.peer;
  taken.all = words.all;
  taken.options = words.options;
  taken.listeners = words.listeners;
  taken.watch = words.watch;
  taken.record = words.record;
  taken.replay = words.replay;
  taken.fix_listener = words.listener;
  taken.yes = words.yes;
  taken.undo = words.undo;
  if (const Status values = TakeValues(words, taken); !values) return Fail(values.error());
  if (const Status fits = CheckTogether(words, taken); !fits) return Fail(fits.error());
  return taken;
}

class SocketsOptionsImpl : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override { AddSocketsOptions(command, words_); }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    Result<SocketsArguments> taken = TakeSockets(words_);
    if (!taken) return Fail(taken.error());
    if (!global.root.empty())
      return Fail(UsageError("invalid_argument", "sockets: --root has no sockets",
                             "--replay FILE judges those of another host"));
    if (global.json && taken->watch)
      return Fail(UsageError("invalid_argument", "--watch and --json exclude each other",
                             "--for TIME --json, as often as wanted"));
    return *std::move(taken);
  }

 private:
  SocketsWords words_;
};

class CountersOptionsImpl : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    command.add_option("--for", time_, "count for so long (5s)")->type_name("TIME");
    command.add_flag("--all", all_, "every counter that moved");
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    CountersArguments taken;
    taken.all = all_;
    if (!time_.empty()) {
      const Result<milliseconds> time = Time("--for", time_, milliseconds(50), kHour);
      if (!time) return Fail(time.error());
      taken.time = *time;
    }
    if (!global.root.empty())
      return Fail(UsageError("invalid_argument", "counters: --root has no counters",
                             "a tree of files counts nothing"));
    return taken;
  }

 private:
  std::string time_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<CommandOptions> SocketsOptions() { return std::make_unique<SocketsOptionsImpl>(); }

std::unique_ptr<CommandOptions> CountersOptions() {
  return std::make_unique<CountersOptionsImpl>();
}

}  // namespace tunewire
