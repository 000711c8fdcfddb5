#include "report/plan_rows.h"

#include <algorithm>
#include <tuple>

#include "base/format.h"
#include "report/item_text.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// Both sides of a vector with the fields that differ in brackets; of the new side only those:
/// "4096 131072 [6291456]" -> "[33554432]".
std::pair<std::string, std::string> BothSides(const Change& change) {
  const std::vector<std::string>& before = change.before;
  const std::vector<std::string>& after = change.after;
  std::size_t differing = 0;
  if (before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i) differing += before[i] != after[i] ? 1 : 0;
  }
  if (differing == 0 || differing == before.size()) {
    return {Printable(Join(before, " ")), Printable(Join(after, " "))};
  }
  std::vector<std::string> old_side, new_side;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool differs = before[i] != after[i];
    old_side.push_back(Printable(differs ? "[" + before[i] + "]" : before[i]));
    if (differs) new_side.push_back(Printable("[" + after[i] + "]"));
  }
  return {Join(old_side, " "), Join(new_side, " ")};
}

std::string OriginText(const Origin& origin) {
  return origin.file.empty() ? "" : Printable(Format("{}:{}", origin.file, origin.line));
}

std::string WithHint(const std::string& reason, const std::string& hint) {
  return Printable(hint.empty() ? reason : reason + "; " + hint);
}

ChangeRow RowOf(const Change& change) {
  ChangeRow row{.key = Printable(change.key.name())};
  std::tie(row.before, row.after) = BothSides(change);
  if (!change.takes_effect.empty() && change.takes_effect != "at once")
    row.when = "effect: " + change.takes_effect;
  if (change.setting) {
    row.why = Printable(change.setting->why);
    row.origin = OriginText(change.setting->origin);
    row.source = Printable(change.setting->source);
  } else {
    row.why = Printable(change.reason);
  }
  row.reason = WithHint(change.reason, change.hint);
  row.optional = change.optional_key();
  for (const std::string& note : change.notes) row.notes.push_back(Printable(note));
  return row;
}

std::string WhenText(const LimitChange& change) {
  if (change.takes_effect.empty() || change.takes_effect == "at once") return "";
  if (change.takes_effect.starts_with("restart")) return "takes effect on restart";
  return "takes effect at the " + Printable(change.takes_effect);
}

ChangeRow RowOf(const LimitChange& change) {
  ChangeRow row{.key = LimitTitle(change),
                .before = AmountsText(change.soft, change.hard),
                .after = AmountsText(change.setting.soft, change.setting.hard),
                .when = WhenText(change)};
  row.why = Printable(change.released ? change.reason : change.setting.why);
  row.origin = OriginText(change.setting.origin);
  row.source = Printable(change.setting.source);
  row.reason = WithHint(change.reason, change.hint);
  // Limits of what is not here, or does not run, are no failure.
  row.optional = row.limit = true;
  return row;
}

}  // namespace

std::vector<ChangeRow> RowsOf(const Plan& plan, ChangeStatus status) {
  std::vector<ChangeRow> rows;
  for (const Change& change : plan.changes)
    if (change.status == status) rows.push_back(RowOf(change));
  for (const LimitChange& change : plan.limit_changes)
    if (change.status == status) rows.push_back(RowOf(change));
  return rows;
}

int KeyWidth(const std::vector<ChangeRow>& rows, const Style& style) {
  std::vector<int> widths;
  for (const ChangeRow& row : rows) widths.push_back(ShownWidth(row.key));
  return CommonWidth(std::move(widths), style.columns / 2);
}

int WidestOf(const std::vector<ChangeRow>& rows, std::string ChangeRow::*member, int most) {
  int widest = 0;
  for (const ChangeRow& row : rows) {
    const int width = ShownWidth(row.*member);
    if (width <= most) widest = std::max(widest, width);
  }
  return widest;
}

}  // namespace tunewire
