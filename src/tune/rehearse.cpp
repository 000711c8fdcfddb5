// What the kernel itself says to a plan, and whom the plan will touch.
#include <algorithm>

#include "base/format.h"
#include "tune/compare.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/plan.h"

namespace tunewire {
namespace {

// Only a range as a whole is refused by some keys (an inverted port range): the whole value is
// tried, exactly as apply would write it.
std::vector<KeyText> WritesOf(const Plan& plan) {
  std::vector<KeyText> writes;
  for (const Change& change : plan.changes)
    if (change.status == ChangeStatus::kSet)
      writes.push_back({.key = change.key, .text = Join(change.after, " ")});
  return writes;
}

void NoteVerdict(Change& change, const RehearsedWrite& write, RehearsalSummary& summary) {
  change.rehearsed = write;
  switch (write.verdict) {
    case RehearsedWrite::Verdict::kNotPossible:
      ++summary.not_possible;
      return;
    case RehearsedWrite::Verdict::kRefused:
      ++summary.refused;
      change.status = ChangeStatus::kInvalid;
      change.reason = Format("the kernel refuses this value: {}", DescribeErrno(write.os_error));
      change.hint = "rehearsed in a scratch network namespace";
      return;
    case RehearsedWrite::Verdict::kAccepted:
      ++summary.accepted;
      break;
  }
  const Tunable* tunable = FindTunable(change.key);
  const auto stored = CanonicalFields(tunable, write.stored);
  if (stored != change.after)
    change.notes.push_back(Format("the kernel stores {}", Join(stored, " ")));
}

void NoteBacklogs(Change& change, const std::vector<Listener>& listeners) {
  const auto to = ParseDecimal(change.after.empty() ? "" : change.after.front());
  if (!to) return;
  std::vector<std::string> kept;
  for (const Listener& listener : listeners)
    if (listener.backlog < *to) kept.push_back(Format("{} ({})", listener.port, listener.backlog));
  if (kept.empty()) return;
  const std::size_t shown = std::min<std::size_t>(kept.size(), 6);
  const std::size_t rest = kept.size() - shown;
  kept.resize(shown);
  change.notes.push_back(Format("listeners keep their backlog until they listen again: port {}{}",
                                Join(kept, ", "), rest == 0 ? "" : Format(", {} more", rest)));
}

struct PortRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
  [[nodiscard]] bool Holds(std::int64_t port) const { return port >= low && port <= high; }
};

std::optional<PortRange> RangeOf(const std::vector<std::string>& fields) {
  if (fields.size() != 2) return std::nullopt;
  const auto low = ParseDecimal(fields[0]);
  const auto high = ParseDecimal(fields[1]);
  if (!low || !high) return std::nullopt;
  return PortRange{.low = *low, .high = *high};
}

void NoteSwallowedPorts(Change& change, const std::vector<Listener>& listeners) {
  const auto before = RangeOf(change.before);
  const auto after = RangeOf(change.after);
  if (!before || !after) return;
  std::vector<std::string> ports;
  for (const Listener& listener : listeners) {
    std::string port = Format("{}", listener.port);
    if (after->Holds(listener.port) && !before->Holds(listener.port) &&
        std::ranges::count(ports, port) == 0)
      ports.push_back(std::move(port));
  }
  if (ports.empty()) return;
  change.notes.push_back(
      Format("would include {} in use by listeners: {} (reserve them: "
             "net.ipv4.ip_local_reserved_ports)",
             ports.size() == 1 ? "1 port" : Format("{} ports", ports.size()), Join(ports, " ")));
}

}  // namespace

void Rehearse(Plan& plan, Rehearsal& rehearsal) {
  const auto writes = WritesOf(plan);
  const auto verdicts = rehearsal.Try(writes);
  if (!verdicts) {
    plan.rehearsal = {.held = false, .why_not = verdicts.error().message};
    return;
  }
  plan.rehearsal = {.held = true};
  auto verdict = verdicts->begin();
  for (Change& change : plan.changes)
    if (change.status == ChangeStatus::kSet && verdict != verdicts->end())
      NoteVerdict(change, *verdict++, plan.rehearsal);
}

void NoteListeners(Plan& plan, const std::vector<Listener>& listeners) {
  for (Change& change : plan.changes) {
    if (change.status != ChangeStatus::kSet) continue;
    if (change.key.path() == "net/core/somaxconn") NoteBacklogs(change, listeners);
    if (change.key.path() == "net/ipv4/ip_local_port_range") NoteSwallowedPorts(change, listeners);
  }
}

}  // namespace tunewire
