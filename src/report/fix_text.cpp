// The live fix for people: what would be touched, what was, and what it brought.
#include <algorithm>
#include <cmath>
#include <span>

#include "base/format.h"
#include "report/fix_words.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Outcome = FixReport::Outcome;

constexpr int kEndsWidth = 36;
constexpr int kPaceWidth = 22;
constexpr int kHeldWidth = 18;

std::string Sockets(std::size_t count) {
  return Count(static_cast<long long>(count), "socket", "sockets");
}

template <class T>
std::span<const T> First(const std::vector<T>& all, const Style& style) {
  return std::span(all).first(std::min(all.size(), MostRows(style)));
}

std::string More(std::size_t all, const Style& style) {
  const std::size_t most = MostRows(style);
  return all <= most ? "" : Format("  ... {} more (-v)\n", all - most);
}

std::string Notes(const std::vector<std::string>& notes, const Style& style) {
  std::string text;
  if (style.detail == Detail::kQuiet) return text;
  for (const std::string& note : notes) text += Indented(note, 2, style);
  return text;
}

/// Those that this user may not touch.
std::string RefusedLines(const std::vector<Error>& refused, const Style& style) {
  std::string text;
  for (const Error& error : refused) {
    const std::string mark(MarksOf(style).warn);
    text += Indented(Format("{} left alone: {}", mark, Printable(error.message)), 2, style);
  }
  if (!refused.empty() && !refused.front().hint.empty())
    text += Indented(refused.front().hint, 4, style);
  return text;
}

/// What does not fit beside its socket stands below.
std::string EndsCell(const FixTarget& target) {
  const std::string ends =
      EndsText(target.socket.local.Text(), target.socket.remote.Text(), target.listener);
  if (ShownWidth(ends) <= kEndsWidth) return "    " + PadRight(ends, kEndsWidth);
  return "    " + ends + "\n" + PadRight("", kEndsWidth + 4);
}

std::string TargetLines(const std::vector<FixTarget>& targets, const Style& style) {
  std::string text;
  int pid = 0;
  for (const FixTarget& target : First(targets, style)) {
    const Process& process = target.process;
    if (process.id.pid != pid)
      text += "  " + HolderText(process.command, process.id.pid, process.unit) + "\n";
    pid = process.id.pid;
    text += EndsCell(target) + "  " + ChangeText(target, style) + "\n";
  }
  return text + More(targets.size(), style);
}

std::string PaceText(const std::optional<SocketPace>& pace) {
  if (!pace) return "-";
  if (pace->exchanges_per_s.value_or(0) > 0) return ShownRate(*pace->exchanges_per_s) + "/s";
  return pace->bytes_per_s > 0 ? ShownRate(pace->bytes_per_s) + " B/s" : "0/s";
}

std::string HeldText(const std::optional<SocketPace>& pace) {
  return pace ? ShownShare(pace->held_share) : "-";
}

std::string Arrowed(const std::string& from, const std::string& to, const Style& style) {
  return Format("{} {} {}", from, MarksOf(style).arrow, to);
}

std::string_view HeldWord(FixKind kind) { return kind == FixKind::kQuickAck ? "ACK owed" : "held"; }

std::string FixedRow(const FixedSocket& one, const Style& style) {
  const std::string ends = EndsCell(one.target);
  if (one.error) return ends + "  not set: " + Printable(one.error->message) + "\n";
  if (!one.after) return ends + "  not set\n";
  if (one.target.listener) return ends + "  " + ChangeText(one.target, style) + "\n";
  return ends +
         PadLeft(Arrowed(PaceText(one.pace_before), PaceText(one.pace_after), style), kPaceWidth) +
         PadLeft(Arrowed(HeldText(one.pace_before), HeldText(one.pace_after), style), kHeldWidth) +
         "\n";
}

std::string FixedRows(const FixView& view, const std::vector<FixedSocket>& fixed,
                      const Style& style) {
  if (fixed.empty()) return "";
  const std::string head = PadRight("", kEndsWidth + 4) + PadLeft("exchanges", kPaceWidth) +
                           PadLeft(std::string(HeldWord(view.plan.kind)), kHeldWidth);
  std::string text = Paint(style, Tone::kDim, head) + "\n";
  int pid = 0;
  for (const FixedSocket& one : First(fixed, style)) {
    const Process& process = one.target.process;
    if (process.id.pid != pid)
      text += "  " + HolderText(process.command, process.id.pid, process.unit) + "\n";
    pid = process.id.pid;
    text += FixedRow(one, style);
  }
  return text + More(fixed.size(), style);
}

std::string Gain(const FixReport& report, const Style& style) {
  const std::optional<SocketPace> before = SumPaces(report.fixed, &FixedSocket::pace_before);
  const std::optional<SocketPace> after = SumPaces(report.fixed, &FixedSocket::pace_after);
  if (!before || !after) return "";
  return Arrowed(PaceText(before), PaceText(after), style) +
         (after->exchanges_per_s.value_or(0) > 0 ? " exchanges" : "");
}

std::size_t SetOnes(const FixReport& report) {
  return static_cast<std::size_t>(std::ranges::count_if(
      report.fixed, [](const FixedSocket& one) { return one.after.has_value(); }));
}

std::string PutBackLines(const std::vector<PutBack>& sockets, const Style& style) {
  std::string text;
  for (const PutBack& one : sockets) {
    const FixRecord::Entry& entry = one.entry;
    const std::string ends = EndsText(entry.local, entry.remote, entry.listener);
    const std::string who = HolderText(entry.command, entry.process.pid, entry.unit);
    if (one.outcome == PutBack::Outcome::kForeign)
      text +=
          Indented(Format("{} {} {}: {} is {} now, set by others since: kept", MarksOf(style).warn,
                          who, ends, OptionName(entry.which), OptionValue(entry.which, one.found)),
                   2, style);
    if (one.outcome == PutBack::Outcome::kFailed)
      text += Indented(Format("{} {} {}: {}", MarksOf(style).bad, who, ends,
                              one.error ? Printable(one.error->message) : ""),
                       2, style);
    if (one.outcome == PutBack::Outcome::kRestored && style.detail == Detail::kVerbose)
      text += Indented(Format("{} {} {}: {} {} again", MarksOf(style).good, who, ends,
                              OptionName(entry.which), OptionValue(entry.which, entry.before)),
                       2, style);
  }
  return text;
}

std::string UndoNext(const FixView& view, const Target& target, const Style& style) {
  return NextLine("it can be put back.", CommandFor(target, "sockets --undo" + view.selection),
                  style);
}

std::string ReportText(const FixView& view, const Target& target, const Style& style) {
  const FixReport& report = *view.report;
  const std::string subject = Format("{} on {}", NameOf(view.plan.kind), Sockets(SetOnes(report)));
  const std::string rows = FixedRows(view, report.fixed, style);
  switch (report.outcome) {
    case Outcome::kFixed:
      return VerdictLine("FIXED", Tone::kGood, subject, Gain(report, style), style) + rows +
             RefusedLines(view.plan.refused, style) + Notes(FixWarnings(view), style) +
             UndoNext(view, target, style);
    case Outcome::kHeldForATime:
      return VerdictLine("DONE", Tone::kGood, subject, Gain(report, style), style) + rows +
             RefusedLines(view.plan.refused, style) +
             Notes({"nothing was left set: the sockets are as before"}, style) +
             Notes(FixWarnings(view), style);
    case Outcome::kNothingToDo:
      return VerdictLine("NOTHING TO DO", Tone::kGood, NameOf(view.plan.kind),
                         view.plan.targets.empty()
                             ? Format("{} already as wanted", Sockets(view.plan.already))
                             : "the sockets have gone, or are as wanted",
                         style) +
             RefusedLines(view.plan.refused, style);
    case Outcome::kRestored:
      return VerdictLine("RESTORED", Tone::kBad, NameOf(view.plan.kind),
                         "a socket refused it; everything is as before", style) +
             PutBackLines(report.put_back, style);
    case Outcome::kInterruptedRestored:
      return VerdictLine("INTERRUPTED", Tone::kWarn, NameOf(view.plan.kind),
                         "everything is as before", style) +
             PutBackLines(report.put_back, style);
    case Outcome::kNotRestored:
      return VerdictLine("NOT RESTORED", Tone::kBad, NameOf(view.plan.kind),
                         "not every socket could be put back", style) +
             PutBackLines(report.put_back, style) + UndoNext(view, target, style);
  }
  return "";
}

std::string PhaseRow(const TrialPhase& phase) {
  const bool exchanges = phase.exchanges_per_s > 0;
  return "  " + PadRight(phase.name, 20) +
         PadLeft(exchanges ? ShownRate(phase.exchanges_per_s) : "0", 14) +
         PadLeft(ShownRate(phase.bytes_per_s), 14) + PadLeft(ShownShare(phase.held_share), 12) +
         "\n";
}

std::string PhaseRows(const FixView& view, const Style& style) {
  const std::string head = "  " + PadRight("", 20) + PadLeft("exchanges/s", 14) +
                           PadLeft("bytes/s", 14) +
                           PadLeft(std::string(HeldWord(view.plan.kind)), 12);
  std::string text = Paint(style, Tone::kDim, head) + "\n";
  for (const TrialPhase& phase : view.trial->phases) text += PhaseRow(phase);
  return text;
}

/// "23 -> 26.0 k exchanges/s and back".
std::string Swing(const TrialReport& trial, const Style& style) {
  const TrialPhase& before = trial.phases[0];
  const TrialPhase& with = trial.phases[1];
  const double held = std::abs(before.held_share - with.held_share);
  const bool exchanges = with.exchanges_per_s > 0 && before.exchanges_per_s > 0;
  if (exchanges && with.exchanges_per_s >= 1.25 * before.exchanges_per_s)
    return Arrowed(ShownRate(before.exchanges_per_s), ShownRate(with.exchanges_per_s), style) +
           " exchanges/s";
  if (held >= 0.025)
    return "held " + Arrowed(ShownShare(before.held_share), ShownShare(with.held_share), style);
  return Arrowed(ShownRate(before.exchanges_per_s), ShownRate(with.exchanges_per_s), style) +
         " exchanges/s";
}

std::string TrialVerdictLine(const FixView& view, const Style& style) {
  const TrialReport& trial = *view.trial;
  const std::string_view kind = NameOf(view.plan.kind);
  switch (trial.verdict) {
    case TrialVerdict::kCause:
      return VerdictLine("CONFIRMED", Tone::kBad, Format("{} ends it", kind),
                         Swing(trial, style) + " and back", style);
    case TrialVerdict::kNoDifference:
      return VerdictLine("NO DIFFERENCE", Tone::kGood, kind, Swing(trial, style), style);
    case TrialVerdict::kWorse:
      return VerdictLine("WORSE", Tone::kWarn, Format("slower with {}", kind),
                         Swing(trial, style) + " and back", style);
    case TrialVerdict::kNotBack:
      return VerdictLine("UNPROVEN", Tone::kWarn, kind,
                         Swing(trial, style) + ", but not back when it was put back", style);
    case TrialVerdict::kNoTraffic:
      return VerdictLine("NO TRAFFIC", Tone::kWarn, kind, "nothing was exchanged", style);
    case TrialVerdict::kUnfinished:
      return VerdictLine("UNFINISHED", Tone::kWarn, kind,
                         trial.outcome == Outcome::kNotRestored ? "not every socket is as before"
                                                                : "everything is as before",
                         style);
  }
  return "";
}

std::string TrialText(const FixView& view, const Target& target, const Style& style) {
  const TrialReport& trial = *view.trial;
  std::string text = TrialVerdictLine(view, style);
  if (!trial.phases.empty()) text += PhaseRows(view, style);
  text += RefusedLines(view.plan.refused, style) + PutBackLines(trial.put_back, style);
  if (trial.outcome == Outcome::kNotRestored) return text + UndoNext(view, target, style);
  text += Notes({"everything is as before"}, style);
  if (trial.verdict != TrialVerdict::kCause) return text;
  const std::string command = Format("sockets --fix {}{}", NameOf(view.plan.kind), view.selection);
  return text + Notes(FixWarnings(view), style) + NextLine("", CommandFor(target, command), style);
}

std::size_t CountOf(const UndoFixReport& undo, PutBack::Outcome outcome) {
  return static_cast<std::size_t>(std::ranges::count(undo.sockets, outcome, &PutBack::outcome));
}

std::string UndoText(const FixView& view, const Target& target, const Style& style) {
  const UndoFixReport& undo = *view.undo;
  if (undo.sockets.empty() && undo.damaged.empty())
    return VerdictLine("NOTHING TO DO", Tone::kGood, "", "no live fix is recorded here", style);
  const std::size_t back =
      CountOf(undo, PutBack::Outcome::kRestored) + CountOf(undo, PutBack::Outcome::kAlready);
  const std::size_t gone = CountOf(undo, PutBack::Outcome::kGone);
  const std::size_t foreign = CountOf(undo, PutBack::Outcome::kForeign);
  const std::size_t failed = CountOf(undo, PutBack::Outcome::kFailed) + undo.damaged.size();
  std::string numbers = Format("{} as before", Sockets(back));
  if (gone > 0) numbers += Format(", {} closed since", gone);
  if (foreign > 0) numbers += Format(", {} changed by others since", foreign);
  if (failed > 0) numbers += Format(", {} not", failed);
  const bool clean = foreign + failed == 0;
  std::string text = VerdictLine(failed > 0    ? "NOT RESTORED"
                                 : foreign > 0 ? "KEPT"
                                               : "RESTORED",
                                 clean ? Tone::kGood : Tone::kBad, "live fixes", numbers, style);
  text += PutBackLines(undo.sockets, style);
  const bool listeners = std::ranges::any_of(undo.sockets, [](const PutBack& one) {
    return one.entry.listener && one.outcome == PutBack::Outcome::kRestored;
  });
  if (listeners) text += Notes({"connections accepted in between keep what they inherited"}, style);
  return clean ? text
               : text + NextLine("it can be tried again.", CommandFor(target, "sockets --undo"),
                                 style);
}

}  // namespace

std::string FixPlanText(const FixView& view, Asking asking, const Style& style) {
  const FixPlan& plan = view.plan;
  const std::string already =
      plan.already == 0 ? "" : Format("{} already as wanted", Sockets(plan.already));
  return VerdictLine("FIX", Tone::kStrong,
                     Format("{} on {}", NameOf(plan.kind), Sockets(plan.targets.size())), already,
                     style) +
         TargetLines(plan.targets, style) + RefusedLines(plan.refused, style) +
         (plan.partial ? Notes({"the table changed while it was read: there may be more"}, style)
                       : "") +
         (asking == Asking::kYes ? Notes(FixWarnings(view), style) : "");
}

std::string FixText(const FixView& view, const Target& target, const Style& style) {
  if (view.undo) return UndoText(view, target, style);
  if (view.trial) return TrialText(view, target, style);
  if (view.report) return ReportText(view, target, style);
  return "";
}

}  // namespace tunewire
