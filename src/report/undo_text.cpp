// Taking back: rollback, recover, and keeping: confirm.
#include <algorithm>

#include "base/format.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Outcome = UndoReport::Outcome;

std::string Subject(const UndoView& view) {
  if (view.report.tx.empty()) return Printable(view.profile);
  if (view.profile.empty()) return "tx " + Printable(view.report.tx);
  return Format("{} (tx {})", Printable(view.profile), Printable(view.report.tx));
}

std::string Lines(const std::vector<ItemOutcome>& items, Tone tone, const Style& style) {
  std::string text;
  for (const ItemOutcome& item : items) {
    // Two files of one length would read as the same.
    if (item.kind == ItemKind::kFile && item.wanted == item.stored) {
      text += OutcomeLine(item.name, {{"found", "other text of the same length"}}, tone, style);
      continue;
    }
    text += OutcomeLine(ItemTitle(item.kind, item.name),
                        {{"expected", ItemValue(item.kind, item.wanted)},
                         {"found", ItemValue(item.kind, item.stored)}},
                        tone, style);
  }
  return text;
}

std::string RestoredLines(const std::vector<ItemOutcome>& items, const Style& style) {
  std::string text;
  if (style.detail != Detail::kVerbose) return text;
  for (const ItemOutcome& item : items)
    text += OutcomeLine(ItemTitle(item.kind, item.name),
                        {{"is", ItemValue(item.kind, item.stored)}}, Tone::kGood, style);
  return text;
}

std::string Note(const UndoReport& report, const Style& style) {
  return style.detail == Detail::kQuiet ? "" : Indented(Printable(report.note), 2, style);
}

int Severity(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNothingToDo:
      return 0;
    case Outcome::kRestored:
      return 1;
    case Outcome::kStillInForce:
      return 2;
    case Outcome::kKeptForeign:
      return 3;
    case Outcome::kNotRestored:
      return 4;
  }
  return 4;
}

void Append(std::vector<ItemOutcome>& all, const std::vector<ItemOutcome>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// The verdict and the evidence; the caller adds what to do next.
std::string UndoBody(const UndoView& view, const Style& style) {
  const UndoReport& report = view.report;
  const std::string restored = CountItems(report.restored);
  switch (report.outcome) {
    case Outcome::kRestored:
      return VerdictLine("RESTORED", Tone::kGood, Subject(view),
                         report.restored.empty() ? "everything is as before"
                                                 : Format("{} as before", restored),
                         style) +
             RestoredLines(report.restored, style) + Note(report, style);
    case Outcome::kNothingToDo:
      return VerdictLine("NOTHING TO DO", Tone::kGood, Subject(view), Printable(report.note),
                         style);
    case Outcome::kKeptForeign:
      return VerdictLine("KEPT", Tone::kWarn, Subject(view),
                         Format("{} as before, {} changed by others since: left alone", restored,
                                report.kept_foreign.size()),
                         style) +
             Lines(report.kept_foreign, Tone::kWarn, style) +
             RestoredLines(report.restored, style) + Note(report, style);
    case Outcome::kNotRestored:
      return VerdictLine("NOT RESTORED", Tone::kBad, Subject(view),
                         Format("{} as before, {} not", restored, report.not_restored.size()),
                         style) +
             Lines(report.not_restored, Tone::kBad, style) +
             Lines(report.kept_foreign, Tone::kWarn, style) + Note(report, style);
    case Outcome::kStillInForce:
      return VerdictLine("STILL IN FORCE", Tone::kBad, Subject(view),
                         "a write was refused, so nothing was taken back", style) +
             Lines(report.not_restored, Tone::kBad, style) + Note(report, style);
  }
  return "";
}

}  // namespace

std::string_view UndoSlug(const UndoView& view) {
  if (view.refused == UndoView::Refused::kYes) return "refused";
  switch (view.report.outcome) {
    case Outcome::kRestored:
      return "restored";
    case Outcome::kNothingToDo:
      return "nothing_to_do";
    case Outcome::kKeptForeign:
      return "kept_foreign";
    case Outcome::kNotRestored:
    case Outcome::kStillInForce:
      return "not_restored";
  }
  return "not_restored";
}

std::string UndoText(const UndoView& view, const Target& target, const Style& style) {
  if (view.refused == UndoView::Refused::kYes) return "";
  const std::string text = UndoBody(view, style);
  const std::string again = "rollback " + Printable(view.report.tx) + " --force";
  switch (view.report.outcome) {
    case Outcome::kRestored:
    case Outcome::kNothingToDo:
      return text + NextLine("", CommandFor(target, "history"), style);
    case Outcome::kKeptForeign:
      return text + NextLine("to overwrite these too:", CommandFor(target, again), style);
    case Outcome::kNotRestored:
      return text + NextLine("", CommandFor(target, "recover"), style);
    case Outcome::kStillInForce:
      return text + NextLine("to take back what can be:", CommandFor(target, again), style);
  }
  return text;
}

UndoReport RecoverView::Summed() const {
  UndoReport sum;
  // They were taken back newest first.
  if (!reports.empty()) sum.tx = reports.front().tx;
  for (const UndoReport& report : reports) {
    if (Severity(report.outcome) > Severity(sum.outcome)) sum.outcome = report.outcome;
    Append(sum.restored, report.restored);
    Append(sum.kept_foreign, report.kept_foreign);
    Append(sum.not_restored, report.not_restored);
    if (!report.note.empty()) sum.note = report.note;
  }
  return sum;
}

std::string_view RecoverSlug(const RecoverView& view) {
  return UndoSlug({view.Summed(), view.refused == RecoverView::Refused::kYes
                                      ? UndoView::Refused::kYes
                                      : UndoView::Refused::kNo});
}

std::string RecoverText(const RecoverView& view, const Target& target, const Style& style) {
  if (view.refused == RecoverView::Refused::kYes) return "";
  if (view.reports.empty()) {
    return VerdictLine("NOTHING TO DO", Tone::kGood, "", "no transaction is unfinished", style) +
           NextLine("", CommandFor(target, "history"), style);
  }
  std::string text;
  for (const UndoReport& report : view.reports)
    text += UndoBody({report, UndoView::Refused::kNo}, style);
  const bool clean = Severity(view.Summed().outcome) <= Severity(Outcome::kRestored);
  return text +
         NextLine("", CommandFor(target, clean ? "history" : "history " + view.Summed().tx), style);
}

ConfirmView Confirmed(const Tx& tx) {
  ConfirmView view{tx.id, tx.profile, 0, ConfirmView::Outcome::kConfirmed};
  for (const TxItem& item : tx.items) {
    if (!item.begun) continue;
    if (item.kind == ItemKind::kSysctl) ++view.keys;
    if (item.kind == ItemKind::kLimit) ++view.limits;
    if (item.kind == ItemKind::kFile)
      view.files.push_back({.kind = item.kind,
                            .name = item.name,
                            .before = RawItemValue(item.kind, item.before_raw),
                            .wanted = {},
                            .stored = RawItemValue(item.kind, item.stored_raw.value_or(""))});
  }
  return view;
}

std::string ConfirmText(const ConfirmView& view, const Target& target, const Style& style) {
  if (view.outcome == ConfirmView::Outcome::kRefused) return "";
  const std::string subject = Format("{} (tx {})", Printable(view.profile), Printable(view.tx));
  const int live = view.keys + view.limits;
  std::string text = VerdictLine(
      "CONFIRMED", Tone::kGood, subject,
      Format("{} {}", CountItems(view.keys, view.limits, 0), live == 1 ? "stays" : "stay"), style);
  if (!view.files.empty() && style.detail != Detail::kQuiet) {
    text += Format("  wrote {}\n", Count(std::ssize(view.files), "file", "files")) +
            FileLines(view.files, style);
    for (const ItemOutcome& file : view.files) {
      const std::string unit = UnitOfDropIn(file.name);
      if (!unit.empty())
        text += Indented(Format("restart {} to take effect", Printable(unit)), 2, style);
    }
  }
  return text + NextLine(Format("undo: {}", CommandFor(target, "rollback " + Printable(view.tx))),
                         CommandFor(target, "verify"), style);
}

}  // namespace tunewire
