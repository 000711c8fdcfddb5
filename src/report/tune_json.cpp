// The `result` objects of plan, apply, verify, rollback, recover, confirm and history.
#include <ctime>
#include <nlohmann/json.hpp>

#include "report/plan_report.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void AddText(Json& object, const char* name, std::string_view text) {
  if (!text.empty()) object[name] = text;
}

std::string_view StatusSlug(ChangeStatus status) {
  switch (status) {
    case ChangeStatus::kSet:
      return "set";
    case ChangeStatus::kAlready:
      return "already";
    case ChangeStatus::kMissing:
      return "missing";
    case ChangeStatus::kReadOnly:
      return "read_only";
    case ChangeStatus::kInvalid:
      return "invalid";
  }
  return "invalid";
}

std::string_view TakesEffectOf(const SysctlKey& key) {
  const Tunable* tunable = FindTunable(key);
  return tunable == nullptr ? std::string_view() : TakesEffectSlug(tunable->takes_effect);
}

Json OriginJson(const Origin& origin) {
  Json json = {{"file", origin.file}, {"line", origin.line}};
  if (origin.column > 0) json["column"] = origin.column;
  return json;
}

std::string_view VerdictSlug(RehearsedWrite::Verdict verdict) {
  switch (verdict) {
    case RehearsedWrite::Verdict::kAccepted:
      return "accepted";
    case RehearsedWrite::Verdict::kRefused:
      return "refused";
    case RehearsedWrite::Verdict::kNotPossible:
      return "not_possible";
  }
  return "not_possible";
}

Json ChangeJson(const Change& change) {
  Json json = {{"key", change.key.name()}};
  AddText(json, "before", Join(change.before, " "));
  AddText(json, "after", Join(change.after, " "));
  json["status"] = StatusSlug(change.status);
  AddText(json, "want", change.want.ToText());
  AddText(json, "reason", change.reason);
  AddText(json, "hint", change.hint);
  json["optional"] = change.optional_key();
  json["released"] = change.released();
  if (change.setting) {
    json["origin"] = OriginJson(change.setting->origin);
    AddText(json, "profile", change.setting->profile);
    AddText(json, "why", change.setting->why);
    AddText(json, "source", change.setting->source);
  }
  AddText(json, "takes_effect", TakesEffectOf(change.key));
  if (change.rehearsed) json["rehearsed"] = VerdictSlug(change.rehearsed->verdict);
  if (!change.notes.empty()) json["notes"] = change.notes;
  return json;
}

Json LimitJson(const LimitSetting& limit) {
  constexpr std::string_view kTargets[] = {"logins", "services", "running"};
  const auto amount = [](std::uint64_t value) {
    return value == kUnlimited ? Json("unlimited") : Json(value);
  };
  Json json = {
      {"item", limit.item},         {"target", kTargets[static_cast<std::size_t>(limit.target)]},
      {"subject", limit.subject},   {"soft", amount(limit.soft)},
      {"hard", amount(limit.hard)}, {"origin", OriginJson(limit.origin)}};
  AddText(json, "why", limit.why);
  return json;
}

Json ItemJson(const ItemOutcome& item, const char* first, const char* second, const char* third) {
  Json json = {{"key", item.name}};
  if (item.kind != ItemKind::kSysctl) json["kind"] = ItemKindName(item.kind);
  if (first != nullptr) json[first] = item.before;
  if (second != nullptr) json[second] = item.wanted;
  if (third != nullptr) json[third] = item.stored;
  return json;
}

Json ItemList(const std::vector<ItemOutcome>& items, const char* first, const char* second,
              const char* third) {
  Json list = Json::array();
  for (const ItemOutcome& item : items) list.push_back(ItemJson(item, first, second, third));
  return list;
}

Json NamesOf(const std::vector<ItemOutcome>& items) {
  Json list = Json::array();
  for (const ItemOutcome& item : items) list.push_back(item.name);
  return list;
}

Json UndoObject(const UndoReport& report, std::string_view outcome) {
  Json json = Json::object();
  AddText(json, "tx", report.tx);
  json["outcome"] = outcome;
  json["restored"] = NamesOf(report.restored);
  json["kept_foreign"] = ItemList(report.kept_foreign, nullptr, "expected", "found");
  json["not_restored"] = ItemList(report.not_restored, nullptr, "expected", "found");
  AddText(json, "note", report.note);
  return json;
}

std::string UtcTime(std::int64_t unix_seconds) {
  const auto when = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&when, &parts) != nullptr)
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string_view RoleSlug(TxItem::Role role) {
  switch (role) {
    case TxItem::Role::kWanted:
      return "wanted";
    case TxItem::Role::kHeld:
      return "held";
    case TxItem::Role::kReleased:
      return "released";
    case TxItem::Role::kSideEffect:
      return "side_effect";
    case TxItem::Role::kSkipped:
      return "skipped";
  }
  return "skipped";
}

Json TxItemJson(const TxItem& item) {
  Json json = {
      {"key", item.name}, {"kind", ItemKindName(item.kind)}, {"role", RoleSlug(item.role)}};
  json["before"] = OneLine(item.before_raw);
  AddText(json, "wanted", item.wanted);
  if (item.stored_raw) json["stored"] = OneLine(*item.stored_raw);
  return json;
}

Json TxJson(const TxRow& row) {
  const Tx& tx = *row.tx;
  Json json = {{"tx", tx.id},
               {"profile", tx.profile},
               {"state", TxStateName(tx.state)},
               {"time", UtcTime(tx.unix_seconds)},
               {"keys", row.keys},
               {"in_force", row.standing == TxRow::Standing::kInForce}};
  AddText(json, "boot_id", tx.boot_id);
  if (tx.netns_inode != 0) json["netns"] = tx.netns_inode;
  AddText(json, "note", tx.note);
  return json;
}

}  // namespace

std::string OneLine(std::string_view raw) { return Join(SplitWords(raw), " "); }

std::string PlanJson(const Plan& plan) {
  const PlanSummary summary = plan.Summary();
  Json json = {{"profile", plan.profile}, {"changes", Json::array()}};
  for (const Change& change : plan.changes) json["changes"].push_back(ChangeJson(change));
  json["summary"] = {{"set", summary.set},
                     {"already", summary.already},
                     {"missing", summary.missing},
                     {"read_only", summary.read_only},
                     {"invalid", summary.invalid}};
  json["rehearsal"] = {{"held", plan.rehearsal.held},
                       {"accepted", plan.rehearsal.accepted},
                       {"refused", plan.rehearsal.refused},
                       {"not_possible", plan.rehearsal.not_possible}};
  AddText(json["rehearsal"], "why_not", plan.rehearsal.why_not);
  json["side_effects"] = Json::array();
  for (const SideEffect& effect : plan.side_effects) {
    json["side_effects"].push_back({{"key", effect.key.name()}, {"cause", effect.cause.name()}});
  }
  json["limits"] = Json::array();
  for (const LimitSetting& limit : plan.limits) json["limits"].push_back(LimitJson(limit));
  return Dump(json);
}

std::string ApplyJson(const ApplyView& view) {
  Json json = {{"profile", view.profile}};
  AddText(json, "tx", view.report.tx);
  json["outcome"] = ApplySlug(view);
  json["changes"] = ItemList(view.report.changes, "before", "wanted", "stored");
  json["side_effects"] = ItemList(view.report.side_effects, "before", nullptr, "stored");
  json["not_restored"] = ItemList(view.report.not_restored, nullptr, "expected", "found");
  json["saved"] = view.report.saved;
  AddText(json, "journal", view.report.journal);
  if (view.confirm_within) json["confirm_within_s"] = view.confirm_within->count();
  return Dump(json);
}

std::string VerifyJson(const VerifyView& view) {
  const VerifyReport& report = view.report;
  Json json = {{"profile", report.profile},
               {"in_force", view.held == VerifyView::Held::kYes && report.drift.empty()},
               {"drift", Json::array()}};
  for (const Drift& drift : report.drift) {
    Json one = {{"key", drift.key.name()}, {"want", drift.want}};
    AddText(one, "is", drift.is);
    one["reason"] = drift.reason;
    if (drift.origin && !drift.origin->file.empty()) one["origin"] = OriginJson(*drift.origin);
    json["drift"].push_back(std::move(one));
  }
  if (report.tx != nullptr) json["tx"] = report.tx->id;
  json["ok"] = report.ok;
  json["skipped"] = report.skipped;
  return Dump(json);
}

std::string UndoJson(const UndoView& view) { return Dump(UndoObject(view.report, UndoSlug(view))); }

std::string RecoverJson(const RecoverView& view) {
  Json json = UndoObject(view.Summed(), RecoverSlug(view));
  json["transactions"] = Json::array();
  for (const UndoReport& report : view.reports) {
    json["transactions"].push_back(UndoObject(report, UndoSlug({report, UndoView::Refused::kNo})));
  }
  return Dump(json);
}

std::string ConfirmJson(const ConfirmView& view) {
  Json json = Json::object();
  AddText(json, "tx", view.tx);
  AddText(json, "profile", view.profile);
  json["confirmed"] = view.outcome == ConfirmView::Outcome::kConfirmed;
  return Dump(json);
}

std::string HistoryJson(const HistoryView& view) {
  Json json = {{"transactions", Json::array()}};
  for (const TxRow& row : view.rows) {
    json["transactions"].push_back(TxJson(row));
    if (view.details == HistoryView::Details::kNo) continue;
    Json& items = json["transactions"].back()["items"] = Json::array();
    for (const TxItem& item : row.tx->items) items.push_back(TxItemJson(item));
  }
  json["damaged"] = Json::array();
  for (const Error& error : view.damaged) {
    json["damaged"].push_back({{"file", error.subject}, {"message", error.message}});
  }
  return Dump(json);
}

}  // namespace tunewire
