// The members of `sockets`' `result` object that are about the live fix.
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "report/fix_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

double Rounded(double value, double step) { return std::round(value / step) * step; }
double Rate(double per_second) { return Rounded(per_second, 0.1); }
double Share(double share) { return Rounded(share, 0.0001); }

std::string_view OptionSlug(SocketSwitch which) {
  switch (which) {
    case SocketSwitch::kNodelay:
      return "nodelay";
    case SocketSwitch::kCork:
      return "cork";
    case SocketSwitch::kQuickAck:
      return "quickack";
    case SocketSwitch::kDelackMax:
      return "delack_max_us";
  }
  return "nodelay";
}

std::string_view OutcomeSlug(FixReport::Outcome outcome) {
  switch (outcome) {
    case FixReport::Outcome::kFixed:
      return "fixed";
    case FixReport::Outcome::kHeldForATime:
      return "held_for_a_time";
    case FixReport::Outcome::kNothingToDo:
      return "nothing_to_do";
    case FixReport::Outcome::kRestored:
      return "restored";
    case FixReport::Outcome::kNotRestored:
      return "not_restored";
    case FixReport::Outcome::kInterruptedRestored:
      return "interrupted_restored";
  }
  return "not_restored";
}

Json ErrorJson(const Error& error) {
  Json json = {{"code", error.code.empty() ? "failed" : error.code}, {"message", error.message}};
  if (!error.subject.empty()) json["subject"] = error.subject;
  if (!error.operation.empty()) json["operation"] = error.operation;
  if (error.os_error != 0) json["errno"] = error.os_error;
  if (!error.hint.empty()) json["hint"] = error.hint;
  return json;
}

void AddPace(Json& json, const std::string& when, const std::optional<SocketPace>& pace) {
  if (!pace) return;
  if (pace->exchanges_per_s) json["exchanges_per_s_" + when] = Rate(*pace->exchanges_per_s);
  json["bytes_per_s_" + when] = std::llround(pace->bytes_per_s);
  json["held_share_" + when] = Share(pace->held_share);
}

Json FixedJson(const FixedSocket& one) {
  const FixTarget& target = one.target;
  Json json = {{"pid", target.process.id.pid}, {"command", Printable(target.process.command)}};
  if (!target.process.unit.empty()) json["unit"] = Printable(target.process.unit);
  json["local"] = target.socket.local.Text();
  if (!target.listener) json["remote"] = target.socket.remote.Text();
  json["listener"] = target.listener;
  json["option"] = OptionSlug(target.which);
  json["before"] = target.before;
  json["wanted"] = target.wanted;
  if (one.after) json["after"] = *one.after;
  json["lasting"] = target.lasting == Lasting::kStays;
  AddPace(json, "before", one.pace_before);
  AddPace(json, "after", one.pace_after);
  if (one.error) json["error"] = ErrorJson(*one.error);
  return json;
}

Json PutBackJson(const PutBack& one) {
  const FixRecord::Entry& entry = one.entry;
  Json json = {{"pid", entry.process.pid}, {"command", Printable(entry.command)}};
  if (!entry.unit.empty()) json["unit"] = Printable(entry.unit);
  json["local"] = Printable(entry.local);
  if (!entry.listener) json["remote"] = Printable(entry.remote);
  json["listener"] = entry.listener;
  json["option"] = OptionSlug(entry.which);
  json["outcome"] = NameOf(one.outcome);
  json["before"] = entry.before;
  json["set"] = entry.wanted;
  if (one.outcome == PutBack::Outcome::kForeign) json["found"] = one.found;
  if (one.error) json["error"] = ErrorJson(*one.error);
  return json;
}

Json SliceJson(const TrialPhase::Slice& slice) {
  return {{"exchanges_per_s", Rate(slice.exchanges_per_s)},
          {"bytes_per_s", std::llround(slice.bytes_per_s)},
          {"held_share", Share(slice.held_share)}};
}

Json PhaseJson(const TrialPhase& phase) {
  Json json = {{"name", phase.name},
               {"duration_ms", std::llround(phase.seconds * 1000)},
               {"exchanges_per_s", Rate(phase.exchanges_per_s)},
               {"bytes_per_s", std::llround(phase.bytes_per_s)},
               {"held_share", Share(phase.held_share)},
               {"slices", Json::array()}};
  for (const TrialPhase::Slice& slice : phase.slices) json["slices"].push_back(SliceJson(slice));
  return json;
}

template <class Items, class Function>
Json ListJson(const Items& items, Function one) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(one(item));
  return list;
}

Json TrialJson(const TrialReport& trial) {
  return {{"verdict", NameOf(trial.verdict)},
          {"phases", ListJson(trial.phases, PhaseJson)},
          {"put_back", ListJson(trial.put_back, PutBackJson)}};
}

Json Members(const FixView& view) {
  Json json = Json::object();
  const std::vector<FixedSocket> none;
  const std::vector<FixedSocket>& fixed = view.report  ? view.report->fixed
                                          : view.trial ? view.trial->fixed
                                                       : none;
  json["fixed"] = ListJson(fixed, FixedJson);
  if (view.report || view.trial) {
    json["fix"] = {
        {"kind", NameOf(view.plan.kind)},
        {"outcome", OutcomeSlug(view.report ? view.report->outcome : view.trial->outcome)},
        {"already", view.plan.already}};
    const std::string& record = view.report ? view.report->record : view.trial->record;
    if (!record.empty()) json["fix"]["record"] = record;
  }
  if (!view.plan.refused.empty()) json["refused"] = ListJson(view.plan.refused, ErrorJson);
  if (view.trial) json["trial"] = TrialJson(*view.trial);
  if (view.undo) json["undone"] = ListJson(view.undo->sockets, PutBackJson);
  if (view.report && !view.report->put_back.empty())
    json["undone"] = ListJson(view.report->put_back, PutBackJson);
  return json;
}

}  // namespace

std::string FixMembersJson(const FixView& view) {
  const std::string object = Dump(Members(view));
  return object.substr(1, object.size() - 2);
}

std::string FixJson(const FixView& view) {
  Json json = {{"sockets_seen", view.plan.sockets_seen},
               {"partial", view.plan.partial},
               {"findings", Json::array()}};
  json.update(Members(view));
  return Dump(json);
}

}  // namespace tunewire
