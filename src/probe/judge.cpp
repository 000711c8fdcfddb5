// From the runs of one experiment to its verdict.
#include <algorithm>
#include <optional>

#include "base/format.h"
#include "probe/classify.h"
#include "probe/effects.h"
#include "probe/fixes.h"
#include "probe/variations.h"
#include "probe/warnings.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {
namespace {

/// The traffic as asked and all that was compared with it, at one MSS.
struct Group {
  const RunReport* asked = nullptr;
  std::vector<AbTest> tests;

  [[nodiscard]] const AbTest* Of(RunRole role) const {
    const auto found = std::ranges::find_if(
        tests, [role](const AbTest& test) { return test.varied->role == role; });
    return found == tests.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool Removed(RunRole role) const {
    const AbTest* test = Of(role);
    return test != nullptr && test->Removes();
  }
  [[nodiscard]] bool TriedInVain(RunRole role) const {
    const AbTest* test = Of(role);
    return test != nullptr && !test->Removes();
  }
};

std::uint32_t MssOf(const RunReport& run) { return run.evidence.spec.traffic.mss; }

Group GroupOf(const RunReport& asked, std::span<const RunReport> runs) {
  Group group{&asked, {}};
  for (const RunReport& run : runs) {
    if (run.role == RunRole::kAsked || run.role == RunRole::kOther) continue;
    if (MssOf(run) == MssOf(asked)) group.tests.push_back(Compare(asked, run));
  }
  return group;
}

Side SideOf(EndSet ends) {
  if (ends.client && ends.server) return Side::kBoth;
  if (ends.client) return Side::kClient;
  return ends.server ? Side::kServer : Side::kNone;
}

/// What is decided of one group.
struct Decision {
  Cause cause = Cause::kNone;
  Side side = Side::kNone;
  const AbTest* decisive = nullptr;  ///< the A/B that speaks for `cause`
  std::string doubt;                 ///< why no more than likely; may be empty
};

/// Its TCP_NODELAY is out of reach, and its writes are not seen.
bool ServerOnlyEchoes(const Group& group) { return !group.asked->evidence.server.has_value(); }

/// Nagle's stall goes with TCP_NODELAY, and with the reader's QUICKACK; a slow program's does not.
const AbTest* NagleTest(const Group& group) {
  if (group.Removed(RunRole::kNoDelay)) return group.Of(RunRole::kNoDelay);
  if (group.TriedInVain(RunRole::kNoDelay) && !ServerOnlyEchoes(group)) return nullptr;
  return group.Removed(RunRole::kQuickAckAlways) ? group.Of(RunRole::kQuickAckAlways) : nullptr;
}

/// Cork and MSG_MORE beat TCP_NODELAY: what closing them mends and NODELAY does not is theirs.
const AbTest* CorkTest(const Group& group) {
  if (!group.Removed(RunRole::kUncorked) || group.Removed(RunRole::kNoDelay)) return nullptr;
  return group.Of(RunRole::kUncorked);
}

const AbTest* PacingTest(const Group& group) {
  return group.Removed(RunRole::kOtherCongestion) ? group.Of(RunRole::kOtherCongestion) : nullptr;
}

Decision WithSide(Cause cause, const RunFinding& finding, const Group& group,
                  const AbTest* decisive) {
  // QUICKACK is tried on the client of an echo server: what it mends, the server held.
  if (ServerOnlyEchoes(group) && decisive != nullptr &&
      decisive->varied->role == RunRole::kQuickAckAlways) {
    return {cause, Side::kServer, decisive, {}};
  }
  const bool known = finding.cause == cause && finding.side != Side::kNone;
  const Side side = known ? finding.side : SideOf(WritingEnds(group.asked->evidence.spec.traffic));
  return {cause, side, decisive, {}};
}

Decision Unknown(std::string doubt) {
  return {Cause::kUnknown, Side::kNone, nullptr, std::move(doubt)};
}

Decision DecideNagle(const RunFinding& finding, const Group& group) {
  Decision decision = WithSide(Cause::kNagleDelayedAck, finding, group, NagleTest(group));
  if (decision.decisive != nullptr) return decision;
  const bool in_vain = group.TriedInVain(RunRole::kNoDelay);
  if (!finding.proven_by_hold) {
    return Unknown(in_vain ? "the length is a delayed ACK's, yet TCP_NODELAY changes nothing: not "
                             "Nagle"
                           : "likely Nagle with delayed ACK by its length, not said: neither the "
                             "writer's hold nor an A/B run shows it");
  }
  if (in_vain) decision.doubt = "the hold was seen, yet TCP_NODELAY changes nothing";
  return decision;
}

/// Where the run by itself proves nothing, the A/B speaks.
Decision DecideByTests(const RunFinding& finding, const Group& group) {
  if (const AbTest* test = CorkTest(group)) {
    return WithSide(Cause::kCork, finding, group, test);
  }
  if (const AbTest* test = NagleTest(group)) {
    return WithSide(Cause::kNagleDelayedAck, finding, group, test);
  }
  if (const AbTest* test = PacingTest(group)) {
    return WithSide(Cause::kPacing, finding, group, test);
  }
  return {finding.cause, finding.side, nullptr, {}};
}

Decision DecideGroup(const RunFinding& finding, const Group& group) {
  switch (finding.cause) {
    case Cause::kNagleDelayedAck:
      return DecideNagle(finding, group);
    case Cause::kCork:
      if (!finding.proven_by_hold) return DecideByTests(finding, group);
      return WithSide(Cause::kCork, finding, group, CorkTest(group));
    case Cause::kPacing:
      if (!finding.proven_by_hold) return DecideByTests(finding, group);
      return WithSide(Cause::kPacing, finding, group, PacingTest(group));
    default:
      if (finding.proven_by_hold) return {finding.cause, finding.side, nullptr, {}};
      return DecideByTests(finding, group);
  }
}

/// Slow exchanges without a proof: a busy host stops a program in one exchange of a hundred.
bool TooManyForChance(const StallSummary& stalls) {
  return StallsMatter(stalls) && (stalls.interval.low >= 0.01 || stalls.period.has_value());
}

/// A slow exchange or two of thousands are worth a word, and no verdict.
bool IsStall(const RunReport& asked, const Decision& decision, const RunFinding& finding) {
  if (asked.stalls.count == 0) return false;
  switch (decision.cause) {
    case Cause::kNone:
    case Cause::kScheduling:
      return false;
    case Cause::kUnknown:
    case Cause::kApplication:
      return TooManyForChance(asked.stalls);
    default:
      // Counters alone name a cause for whatever was slow.
      return finding.proven_by_hold || decision.decisive != nullptr ||
             TooManyForChance(asked.stalls);
  }
}

std::string Ordinal(std::uint64_t number) {
  const bool teen = number % 100 >= 11 && number % 100 <= 13;
  const std::uint64_t last = teen ? 0 : number % 10;
  return Format("{}{}", number, last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

std::string Headline(const StallSummary& stalls) {
  std::string text = Format("{} stall for {} at the median", FormatShare(stalls.count, stalls.n),
                            FormatNs(stalls.median_ns));
  if (stalls.fast_median_ns > 0) {
    text += Format(", the others take {}", FormatNs(stalls.fast_median_ns));
  }
  if (stalls.first) text += Format("; the first is the {}", Ordinal(*stalls.first));
  if (stalls.period && *stalls.period > 1) {
    text += Format(", then every {}", Ordinal(*stalls.period));
  }
  return text;
}

std::string WhyLikely(const Group& group, const Decision& decision) {
  if (!decision.doubt.empty()) return decision.doubt;
  if (group.tests.empty()) return "only likely: no A/B run was made";
  if (decision.decisive == nullptr) {
    return "only likely: no run that changes one thing made the stalls go away";
  }
  if (!decision.decisive->interleaved) {
    return "only likely: the A/B blocks were not interleaved (A B A), so drift could fake them";
  }
  return "only likely: the A/B blocks contradict each other; something else changed meanwhile";
}

void AddReasons(Verdict& verdict, const Group& group, const Decision& decision,
                const RunFinding& finding) {
  verdict.reasons.push_back(Headline(group.asked->stalls));
  if (decision.decisive != nullptr) {
    verdict.reasons.push_back(Describe(*group.asked, *decision.decisive));
  }
  verdict.reasons.insert(verdict.reasons.end(), finding.reasons.begin(), finding.reasons.end());
  for (const AbTest& test : group.tests) {
    if (&test != decision.decisive) verdict.reasons.push_back(Describe(*group.asked, test));
  }
  if (verdict.confidence == Confidence::kLikely) {
    verdict.reasons.push_back(WhyLikely(group, decision));
  }
}

Verdict JudgeStall(const Group& group, const RunFinding& finding, const Decision& decision) {
  Verdict verdict;
  verdict.stall = IsStall(*group.asked, decision, finding);
  verdict.cause = decision.cause;
  verdict.side = decision.side;
  if (decision.decisive != nullptr) {
    verdict.effect = decision.decisive->stalls;
    if (decision.decisive->Confirms() && decision.doubt.empty()) {
      verdict.confidence = Confidence::kConfirmed;
    }
  }
  verdict.fixes = FixesFor(verdict.cause, verdict.side, group.tests);
  AddReasons(verdict, group, decision, finding);
  return verdict;
}

/// Nothing stalls; the scripts' own pauses may still be what somebody sees.
Verdict JudgeQuiet(const Group& group, const RunFinding& finding) {
  Verdict verdict;
  if (finding.cause == Cause::kApplication) {
    verdict.cause = finding.cause;
    verdict.side = finding.side;
  }
  verdict.reasons = finding.reasons;
  verdict.reasons.push_back(
      Format("the median is {}", FormatNs(group.asked->evidence.latency.At(0.5))));
  return verdict;
}

Verdict JudgeGroup(const Group& group) {
  const RunFinding finding = ClassifyRun(*group.asked);
  if (group.asked->stalls.count == 0) return JudgeQuiet(group, finding);
  const Decision decision = DecideGroup(finding, group);
  return JudgeStall(group, finding, decision);
}

void Append(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// What the traffic does at another MSS: a word, and the cure where only there it stalls.
void AddOtherMss(Verdict& verdict, const RunReport& asked, const Group& other) {
  Append(verdict.warnings, MssWarnings(asked, *other.asked));
  if (verdict.stall || !StallsMatter(other.asked->stalls)) return;
  const Verdict there = JudgeGroup(other);
  if (verdict.fixes.empty()) verdict.fixes = there.fixes;
  Append(verdict.reasons, {Format("at MSS {}: {}, {}", MssOf(*other.asked), NameOf(there.cause),
                                  NameOf(there.confidence))});
}

}  // namespace

Verdict Judge(std::span<const RunReport> runs) {
  const auto asked = std::ranges::find(runs, RunRole::kAsked, &RunReport::role);
  if (asked == runs.end()) return {};
  const Group group = GroupOf(*asked, runs);
  Verdict verdict = JudgeGroup(group);
  Append(verdict.warnings, RunWarnings(*asked, group.tests));
  for (const RunReport& run : runs) {
    if (run.role != RunRole::kAsked || MssOf(run) == MssOf(*asked)) continue;
    AddOtherMss(verdict, *asked, GroupOf(run, runs));
  }
  return verdict;
}

}  // namespace tunewire
