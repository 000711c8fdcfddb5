#include <algorithm>

#include "base/format.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string StateWords(const TxRow& row) {
  switch (row.standing) {
    case TxRow::Standing::kInForce:
      return "in force";
    case TxRow::Standing::kWaiting:
      return "waits for confirm";
    case TxRow::Standing::kUnfinished:
      return "unfinished";
    case TxRow::Standing::kPast:
    case TxRow::Standing::kElsewhere:
      break;
  }
  switch (row.tx->state) {
    case TxState::kPrepared:
    case TxState::kUndoing:
    case TxState::kPending:
      return "of another boot or namespace";
    case TxState::kCommitted:
      return row.standing == TxRow::Standing::kElsewhere ? "of another boot or namespace"
                                                         : "under a later one";
    case TxState::kRestored:
      return "not kept, put back";
    case TxState::kRolledBack:
      return "rolled back";
    case TxState::kKeptForeign:
      return "rolled back in part";
    case TxState::kNotRestored:
      return "not restored";
  }
  return "";
}

Tone StateTone(const TxRow& row) {
  if (row.standing == TxRow::Standing::kInForce) return Tone::kGood;
  if (row.standing == TxRow::Standing::kWaiting) return Tone::kWarn;
  const bool bad =
      row.standing == TxRow::Standing::kUnfinished || row.tx->state == TxState::kNotRestored;
  return bad ? Tone::kBad : Tone::kDim;
}

bool Any(const HistoryView& view, TxRow::Standing standing) {
  return std::any_of(view.rows.begin(), view.rows.end(),
                     [standing](const TxRow& row) { return row.standing == standing; });
}

std::string Table(const HistoryView& view, const Style& style) {
  constexpr int kMoreColumns = 15;
  // Where there is room; one transaction by itself shows everything anyway.
  const bool more = style.columns >= 80 && std::ranges::any_of(view.rows, [](const TxRow& row) {
                      return row.limits > 0 || row.files > 0;
                    });
  int profile_width = 7;
  for (const TxRow& row : view.rows)
    profile_width = std::max(profile_width, ShownWidth(Printable(row.tx->profile)));
  // What is left beside the fixed columns: tx 6, when 16, keys 4, state 21, and the gaps.
  profile_width = std::min(profile_width, style.columns - 57 - (more ? kMoreColumns : 0));
  profile_width = std::max(profile_width, 7);
  std::string text = "\n  " +
                     Paint(style, Tone::kDim,
                           Format("{:<6}  {:<16}  {}  {:>4}  {}{}", "tx", "when",
                                  PadRight("profile", profile_width), "keys",
                                  more ? "limits  files  " : "", "state")) +
                     "\n";
  for (const TxRow& row : view.rows) {
    const std::string profile = Cut(Printable(row.tx->profile), profile_width, style);
    text += Format("  {:<6}  {:<16}  {}  {:>4}  {}{}\n", Printable(row.tx->id), row.time,
                   PadRight(profile, profile_width), row.keys,
                   more ? Format("{:>6}  {:>5}  ", row.limits, row.files) : "",
                   Paint(style, StateTone(row), StateWords(row)));
  }
  return text;
}

std::string RoleWords(TxItem::Role role) {
  switch (role) {
    case TxItem::Role::kWanted:
      return "";
    case TxItem::Role::kHeld:
      return "already right";
    case TxItem::Role::kReleased:
      return "given back";
    case TxItem::Role::kSideEffect:
      return "changed along by the kernel";
    case TxItem::Role::kSkipped:
      return "passed over";
  }
  return "";
}

std::string ItemText(const TxItem& item, const Style& style) {
  const std::string before = RawItemValue(item.kind, item.before_raw);
  NamedValues values{{"was", before}};
  if (item.stored_raw && *item.stored_raw != item.before_raw) {
    const std::string stored = RawItemValue(item.kind, *item.stored_raw);
    if (item.kind == ItemKind::kFile || stored != before)
      values.emplace_back(item.kind == ItemKind::kFile ? "now" : "set to", stored);
  }
  const bool passive = item.role == TxItem::Role::kHeld || item.role == TxItem::Role::kSkipped;
  std::string line = OutcomeLine(ItemTitle(item.kind, item.name), values,
                                 passive ? Tone::kWarn : Tone::kGood, style);
  const std::string words = RoleWords(item.role);
  return words.empty() ? line : line + Indented(words, 6, style);
}

std::string OneTransaction(const HistoryView& view, const Style& style) {
  const TxRow& row = view.rows.front();
  const Tx& tx = *row.tx;
  std::string text = VerdictLine("TX " + Printable(tx.id), Tone::kStrong, Printable(tx.profile),
                                 Format("{}, {}, {}", StateWords(row), row.time,
                                        CountItems(row.keys, row.limits, row.files) + " set"),
                                 style);
  if (!tx.note.empty()) text += Indented(Printable(tx.note), 2, style);
  int held = 0;
  for (const TxItem& item : tx.items) {
    if (item.role == TxItem::Role::kHeld && style.detail != Detail::kVerbose) {
      ++held;
      continue;
    }
    text += ItemText(item, style);
  }
  if (held > 0)
    text += Format("  {} already right (-v lists them)\n", Count(held, "item was", "items were"));
  return text;
}

std::string Next(const HistoryView& view, const Target& target, const Style& style) {
  if (Any(view, TxRow::Standing::kUnfinished))
    return NextLine("", CommandFor(target, "recover"), style);
  if (Any(view, TxRow::Standing::kWaiting))
    return NextLine("", CommandFor(target, "confirm"), style);
  if (Any(view, TxRow::Standing::kInForce))
    return NextLine("", CommandFor(target, "verify"), style);
  return "";
}

}  // namespace

std::string HistoryText(const HistoryView& view, const Target& target, const Style& style) {
  std::string damaged;
  for (const Error& error : view.damaged) {
    damaged += Indented(Format("{} damaged journal {}: {}", MarksOf(style).bad,
                               Printable(error.subject), Printable(error.message)),
                        2, style);
  }
  if (view.rows.empty()) {
    return VerdictLine("HISTORY", Tone::kStrong, "no transactions", "", style) + damaged +
           NextLine("", CommandFor(target, "profiles"), style);
  }
  if (style.detail == Detail::kQuiet) {
    std::string ids;
    for (const TxRow& row : view.rows) ids += Printable(row.tx->id) + "\n";
    return ids;
  }
  if (view.details == HistoryView::Details::kYes)
    return OneTransaction(view, style) + damaged + Next(view, target, style);
  std::string numbers = Count(std::ssize(view.rows), "transaction", "transactions");
  numbers += Any(view, TxRow::Standing::kInForce) ? ", 1 in force" : ", none in force";
  return VerdictLine("HISTORY", Tone::kStrong, numbers, "", style) + Table(view, style) + damaged +
         Next(view, target, style);
}

}  // namespace tunewire
