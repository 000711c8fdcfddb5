#include <algorithm>

#include "base/format.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/pam_text.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Outcome = ApplyReport::Outcome;

std::string Head(const ApplyView& view, const Target& target, std::string_view word, Tone tone,
                 std::string_view numbers, const Style& style) {
  const std::string subject =
      Format("{} {} {}", Printable(view.profile), MarksOf(style).arrow, Printable(target.words));
  return VerdictLine(word, tone, subject, numbers, style);
}

std::vector<std::string> PathsOf(const std::vector<ItemOutcome>& items) {
  std::vector<std::string> paths;
  for (const ItemOutcome& item : items)
    if (item.kind == ItemKind::kFile) paths.push_back(item.name);
  return paths;
}

std::string SavedAndWritten(const ApplyReport& report, const Style& style) {
  if (style.detail == Detail::kQuiet) return "";
  const int keys = CountKind(report.changes, ItemKind::kSysctl);
  const int limits = CountKind(report.changes, ItemKind::kLimit);
  const int files = CountKind(report.changes, ItemKind::kFile);
  const auto waiting = static_cast<int>(report.waiting.size());
  const int written = std::max({keys, limits, files, waiting});
  const int width = static_cast<int>(std::to_string(std::max(report.saved, written)).size());
  constexpr int kProofAt = 30;
  const auto line = [&](std::string_view word, long number, std::string_view what,
                        std::string_view proof) {
    return PadRight(Format("  {:<6} {:>{}} {}", word, number, width, what), kProofAt) +
           std::string(proof) + "\n";
  };
  const std::string_view values = report.saved == 1 ? "old value" : "old values";
  const std::string proof = Printable(report.journal) + "  (read back, ok)";
  const bool fits = kProofAt + ShownWidth(proof) <= style.columns;
  std::string text = line("saved", report.saved, values, fits ? proof : "read back, ok");
  if (!fits) text += "    in " + Printable(report.journal) + "\n";
  if (keys > 0 || limits + files + waiting == 0)
    text += line("wrote", keys, Format("of {} keys", keys), "all read back as asked");
  for (const ItemOutcome& item : report.changes) {
    if (item.kind != ItemKind::kSysctl || item.stored == item.wanted) continue;
    text += OutcomeLine(item.name, {{"asked", item.wanted}, {"stored", item.stored}}, Tone::kWarn,
                        style);
  }
  if (limits > 0)
    text += line("set", limits, limits == 1 ? "limit of a process" : "limits of processes",
                 "all read back as asked");
  if (files > 0) {
    text += line("wrote", files, files == 1 ? "file" : "files", "synced, read back as asked");
    text += FileLines(report.changes, style);
  }
  if (waiting > 0) {
    text +=
        line("keeps", waiting, waiting == 1 ? "file back" : "files back", "written once confirmed");
    for (const std::string& path : report.waiting) text += Indented(Printable(path), 4, style);
  }
  for (const ItemOutcome& item : report.side_effects) {
    text +=
        OutcomeLine(item.name, {{"was", item.before}, {"now", item.stored}}, Tone::kWarn, style);
  }
  return text;
}

std::string ForItsEffect(const std::vector<std::string>& paths, std::string_view when,
                         const Style& style) {
  std::string text;
  for (const std::string& path : paths) {
    const std::string unit = UnitOfDropIn(path);
    if (!unit.empty())
      text += Indented(Format("{}restart {} to take effect", when, Printable(unit)), 2, style);
  }
  return text;
}

/// What the administrator has to do or to know beside.
std::string Beside(const ApplyView& view, const Style& style) {
  if (style.detail == Detail::kQuiet) return "";
  std::string text = ForItsEffect(PathsOf(view.report.changes), "", style) +
                     ForItsEffect(view.report.waiting, "once confirmed, ", style);
  for (const std::string& note : view.report.notes)
    text += Indented(Format("{} {}", MarksOf(style).warn, Printable(note)), 2, style);
  return text + PamText(view.pam, style);
}

std::string Applied(const ApplyView& view, const Target& target, const Style& style) {
  const std::string keys = CountItems(view.report.changes);
  const std::string tx = Printable(view.report.tx);
  std::string text =
      Head(view, target, "APPLIED", Tone::kGood, Format("{} set (tx {})", keys, tx), style);
  text += SavedAndWritten(view.report, style) + Beside(view, style);
  return text + NextLine(Format("undo: {}", CommandFor(target, "rollback " + tx)),
                         CommandFor(target, "verify"), style);
}

std::string Pending(const ApplyView& view, const Target& target, const Style& style) {
  const std::string tx = Printable(view.report.tx);
  const long seconds = view.confirm_within ? view.confirm_within->count() : 0;
  const std::string keys = CountItems(view.report.changes);
  std::string text = Head(view, target, "LIVE", Tone::kWarn,
                          Format("{} set for {} s (tx {})", keys, seconds, tx), style);
  text += SavedAndWritten(view.report, style) + Beside(view, style);
  const std::string command = Paint(style, Tone::kStrong, CommandFor(target, "confirm " + tx));
  if (view.waits == ApplyView::Waits::kElsewhere)
    return text + Format("put back in {} s unless kept.  next: {}\n", seconds, command);
  return text + "  Enter keeps it, Ctrl-C puts it back.  In another terminal:\n    " + command +
         "\n";
}

std::string NotRestored(const ApplyView& view, const Target& target, const Style& style) {
  const ApplyReport& report = view.report;
  std::string text =
      Head(view, target, "NOT RESTORED", Tone::kBad,
           Format("{} {} not as before (tx {})", CountItems(report.not_restored),
                  report.not_restored.size() == 1 ? "is" : "are", Printable(report.tx)),
           style);
  for (const ItemOutcome& item : report.not_restored) {
    text += OutcomeLine(
        ItemTitle(item.kind, item.name),
        {{"was", ItemValue(item.kind, item.wanted)}, {"is", ItemValue(item.kind, item.stored)}},
        Tone::kBad, style);
  }
  if (!report.journal.empty())
    text += Indented("the old values are in " + Printable(report.journal), 2, style);
  return text + NextLine("", CommandFor(target, "recover"), style);
}

std::string Restored(const ApplyView& view, const Target& target, std::string_view why,
                     const Style& style) {
  std::string text = Head(view, target, "RESTORED", Tone::kWarn,
                          Format("{}; everything is as before", why), style);
  if (!view.report.tx.empty() && style.detail == Detail::kVerbose)
    text += Indented(Format("tx {}, {}", Printable(view.report.tx), Printable(view.report.journal)),
                     2, style);
  return text;
}

}  // namespace

std::string_view ApplySlug(const ApplyView& view) {
  if (view.refused == ApplyView::Refused::kYes) return "refused";
  switch (view.report.outcome) {
    case Outcome::kApplied:
      return "applied";
    case Outcome::kNothingToDo:
      return "nothing_to_do";
    case Outcome::kPendingConfirm:
      return "pending_confirm";
    case Outcome::kRestored:
    case Outcome::kInterruptedRestored:
      return "restored";
    case Outcome::kNotRestored:
      return "not_restored";
  }
  return "not_restored";
}

std::string ApplyText(const ApplyView& view, const Target& target, const Style& style) {
  if (view.refused == ApplyView::Refused::kYes) return "";
  switch (view.report.outcome) {
    case Outcome::kApplied:
      return Applied(view, target, style);
    case Outcome::kPendingConfirm:
      return Pending(view, target, style);
    case Outcome::kNothingToDo:
      return Head(view, target, "NOTHING TO DO", Tone::kGood, "everything is already right",
                  style) +
             NextLine("nothing was written.", CommandFor(target, "verify"), style);
    case Outcome::kRestored:
      return Restored(view, target, "not applied", style);
    case Outcome::kInterruptedRestored:
      return Restored(view, target, "interrupted", style);
    case Outcome::kNotRestored:
      return NotRestored(view, target, style);
  }
  return "";
}

std::string CountdownLine(std::chrono::milliseconds left, std::chrono::seconds whole,
                          const Style& style) {
  constexpr int kBar = 28;
  const auto total = std::max<std::int64_t>(std::chrono::milliseconds(whole).count(), 1);
  const auto rest = std::clamp<std::int64_t>(left.count(), 0, total);
  const int filled = static_cast<int>(rest * kBar / total);
  std::string bar;
  for (int i = 0; i < kBar; ++i)
    bar += i < filled ? MarksOf(style).bar_done : MarksOf(style).bar_rest;
  // Rounded up: "1 s left" while there is any time at all.
  const std::string line = Format("  [{}]  {} s left", bar, (rest + 999) / 1000);
  constexpr std::string_view kThen = ", then everything is put back";
  // A line as wide as the terminal would wrap, and then could not be drawn over.
  return ShownWidth(line) + ShownWidth(kThen) < style.columns ? line + std::string(kThen) : line;
}

}  // namespace tunewire
