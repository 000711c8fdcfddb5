// The `result` objects of plan, apply, verify, rollback, recover and confirm.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/boot_text.h"
#include "report/item_text.h"
#include "report/pam_text.h"
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

Json AmountJson(std::uint64_t amount) {
  return amount == kUnlimited ? Json("unlimited") : Json(amount);
}

Json LimitJson(const LimitChange& change) {
  const LimitSetting& limit = change.setting;
  Json json = {{"target", LimitTargetSlug(limit.target)},
               {"item", limit.item},
               {"subject", limit.subject},
               {"want_soft", AmountJson(limit.soft)},
               {"want_hard", AmountJson(limit.hard)}};
  if (change.soft) json["is_soft"] = AmountJson(*change.soft);
  if (change.hard) json["is_hard"] = AmountJson(*change.hard);
  AddText(json, "source", change.source);
  json["status"] = StatusSlug(change.status);
  AddText(json, "reason", change.reason);
  AddText(json, "hint", change.hint);
  if (change.process) {
    json["pid"] = change.process->id.pid;
    AddText(json, "command", change.process->command);
    AddText(json, "unit", change.process->unit);
  }
  AddText(json, "takes_effect", change.takes_effect);
  json["released"] = change.released;
  if (!limit.origin.file.empty()) json["origin"] = OriginJson(limit.origin);
  AddText(json, "why", limit.why);
  return json;
}

Json LimitList(const std::vector<LimitChange>& changes) {
  Json list = Json::array();
  for (const LimitChange& change : changes) list.push_back(LimitJson(change));
  return list;
}

Json FileJson(const FileChange& file) {
  Json json = {{"path", file.path}, {"status", StatusSlug(file.status)}};
  AddText(json, "purpose", file.purpose);
  AddText(json, "takes_effect", file.takes_effect);
  AddText(json, "reason", file.reason);
  json["released"] = file.released;
  return json;
}

Json EffectList(const std::vector<NotInEffect>& findings) {
  Json list = Json::array();
  for (const NotInEffect& finding : findings) {
    Json json = {{"key", finding.key}, {"want", finding.want}, {"is", finding.is}};
    if (finding.pid != 0) json["pid"] = finding.pid;
    AddText(json, "command", finding.command);
    AddText(json, "unit", finding.unit);
    AddText(json, "socket", finding.socket);
    json["action"] = finding.action;
    json["kind"] = finding.kind == NotInEffect::Kind::kStale ? "stale" : "own_choice";
    list.push_back(std::move(json));
  }
  return list;
}

Json FileLineJson(const FileLine& at) {
  Json json = {{"file", at.file}};
  if (at.line > 0) json["line"] = at.line;
  return json;
}

Json BootJson(const BootOutcome& outcome) {
  Json json = {{"key", outcome.key.name()}, {"want", outcome.want}};
  const bool set = outcome.verdict != BootOutcome::Verdict::kNotSet;
  if (set) json["value"] = outcome.value;
  json["loader"] = BootLoaderSlug(outcome.loader);
  if (set) json["winner"] = FileLineJson(outcome.winner);
  json["losers"] = Json::array();
  for (const BootLoser& loser : outcome.losers) {
    Json one = FileLineJson(loser.at);
    one["value"] = loser.value;
    one["lost_by"] = LostByName(loser.reason);
    json["losers"].push_back(std::move(one));
  }
  json["verdict"] = BootVerdictSlug(outcome.verdict);
  json["timing"] = BootTimingName(outcome.timing);
  return json;
}

void AddBoot(Json& json, const std::optional<BootReport>& boot) {
  json["boot"] = Json::array();
  json["persisted"] = boot && boot->persisted;
  if (!boot) return;
  for (const BootOutcome& outcome : boot->outcomes) json["boot"].push_back(BootJson(outcome));
  json["boot_notes"] = Json::array();
  for (const BootNote& note : boot->notes) {
    Json one = FileLineJson(note.at);
    one["code"] = note.code;
    one["message"] = note.message;
    json["boot_notes"].push_back(std::move(one));
  }
}

Json UnreadList(const std::vector<Error>& errors) {
  Json list = Json::array();
  for (const Error& error : errors) {
    Json one = {{"code", error.code.empty() ? "not_read" : error.code}, {"message", error.message}};
    AddText(one, "subject", error.subject);
    list.push_back(std::move(one));
  }
  return list;
}

Json PamList(const std::vector<PamFinding>& findings) {
  Json list = Json::array();
  for (const PamFinding& finding : findings) {
    Json json = {{"service", finding.subject.name}, {"state", PamStateSlug(finding.state)}};
    const auto place = [&json](const char* name, const PamPlace& at) {
      if (!at.file.empty()) json[name] = FileLineJson({.file = at.file, .line = at.line});
    };
    place("place", finding.place);
    place("skipper", finding.skipper);
    AddText(json, "conf", finding.conf);
    AddText(json, "add_to", finding.add_to);
    AddText(json, "add_line", finding.add_line);
    AddText(json, "copy_from", finding.copy_from);
    list.push_back(std::move(json));
  }
  return list;
}

Json Texts(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

Json ItemJson(const ItemOutcome& item, const char* first, const char* second, const char* third) {
  Json json = {{"key", item.name}};
  json["kind"] = ItemKindName(item.kind);
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
  json["restored_items"] = Json::array();
  for (const ItemOutcome& item : report.restored) {
    json["restored_items"].push_back(
        {{"key", item.name}, {"kind", ItemKindName(item.kind)}, {"value", item.stored}});
  }
  json["kept_foreign"] = ItemList(report.kept_foreign, nullptr, "expected", "found");
  json["not_restored"] = ItemList(report.not_restored, nullptr, "expected", "found");
  AddText(json, "note", report.note);
  return json;
}

bool LimitsHold(const VerifyReport& report) {
  return std::ranges::none_of(report.limits, [](const LimitChange& change) {
    return change.status == ChangeStatus::kSet || change.status == ChangeStatus::kInvalid;
  });
}

}  // namespace

std::string OneLine(std::string_view raw) { return Join(SplitWords(raw), " "); }

std::string PlanJson(const PlanView& view) {
  const Plan& plan = view.plan;
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
  json["limits"] = LimitList(plan.limit_changes);
  json["files"] = Json::array();
  for (const FileChange& file : plan.files) json["files"].push_back(FileJson(file));
  AddBoot(json, view.boot);
  json["not_in_effect"] = EffectList(view.not_in_effect);
  json["unread"] = UnreadList(view.unread);
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
  json["waiting"] = Texts(view.report.waiting);
  json["notes"] = Texts(view.report.notes);
  json["restart"] = Json::array();
  const auto add_unit = [&json](const std::string& path) {
    const std::string unit = UnitOfDropIn(path);
    if (!unit.empty()) json["restart"].push_back(unit);
  };
  for (const ItemOutcome& item : view.report.changes) add_unit(item.name);
  for (const std::string& path : view.report.waiting) add_unit(path);
  json["pam"] = PamList(view.pam);
  return Dump(json);
}

std::string VerifyJson(const VerifyView& view) {
  const VerifyReport& report = view.report;
  const bool held = view.held == VerifyView::Held::kYes;
  Json json = {
      {"profile", report.profile},
      {"in_force", held && report.drift.empty() && report.files.empty() && LimitsHold(report)},
      {"clean", held && report.Clean()},
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
  json["limits"] = LimitList(report.limits);
  json["files"] = Json::array();
  for (const FileDrift& file : report.files)
    json["files"].push_back({{"path", file.path}, {"reason", file.reason}});
  json["not_in_effect"] = EffectList(report.not_in_effect);
  AddBoot(json, report.boot);
  json["pam"] = PamList(view.pam);
  json["unread"] = UnreadList(view.unread);
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
  for (const ItemOutcome& file : view.files) json["files"].push_back(file.name);
  return Dump(json);
}

}  // namespace tunewire
