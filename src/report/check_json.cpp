// The `result` object of check.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/check_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

void AddText(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

double Rounded(double value) { return std::round(value * 1e3) / 1e3; }

/// Counts, bytes and bits are whole.
Json Amount(double value, const std::string& unit) {
  if (unit == "cpus") return Rounded(value);
  return value < 1e18 ? Json(std::llround(value)) : Json(value);
}

Json LinesJson(const std::vector<ProfileLine>& lines) {
  Json json = Json::array();
  for (const ProfileLine& line : lines) {
    Json value = Json::parse(line.value, nullptr, false);
    json.push_back({{"key", line.key},
                    {"value", value.is_discarded() ? Json(line.value) : std::move(value)},
                    {"why", line.why}});
  }
  return json;
}

Json CheckJsonOf(const CheckResult& check) {
  Json json{{"id", check.id}, {"state", NameOf(check.state)}};
  if (const CheckEntry* entry = FindCheck(check.id)) {
    json["section"] = entry->section;
    json["title"] = entry->title;
  }
  AddText(json, "have", check.have);
  AddText(json, "want", check.want);
  AddText(json, "evidence", check.evidence);
  AddText(json, "why", check.why);
  AddText(json, "fix", check.fix);
  json["profile"] = LinesJson(check.profile);
  return json;
}

Json WallJson(const Wall& wall) {
  Json json{{"resource", wall.resource}, {"title", wall.title}};
  if (!wall.unknown.empty()) {
    json["unknown"] = wall.unknown;
  } else {
    json["enough"] = wall.enough;
  }
  // Of some that are unknown the numbers are there, and only the judgement is not.
  if (wall.unknown.empty() || !wall.formula.empty()) {
    json["need"] = Amount(wall.need, wall.unit);
    json["have"] = Amount(wall.have, wall.unit);
  }
  json["unit"] = wall.unit.empty() ? "count" : wall.unit;
  AddText(json, "errno", wall.error);
  AddText(json, "operation", wall.operation);
  if (wall.at_connections) json["at_connections"] = *wall.at_connections;
  if (wall.at_seconds) json["at_seconds"] = Rounded(*wall.at_seconds);
  AddText(json, "formula", wall.formula);
  AddText(json, "what_happens", wall.what_happens);
  AddText(json, "only_while", wall.only_while);
  json["profile"] = LinesJson(wall.profile);
  return json;
}

const char* NameOf(LoadSide side) { return side == LoadSide::kClient ? "client" : "server"; }

void AddClient(const LoadWish& wish, Json& json) {
  json["destinations"] = Json::array();
  for (const SocketAddress& one : wish.destinations) json["destinations"].push_back(one.Text());
  json["sources"] = wish.sources;
  json["bind_takes_port"] = wish.bind_takes_port;
}

void AddServer(const LoadWish& wish, Json& json) {
  json["listen_port"] = wish.listen_port;
  if (wish.backlog > 0) json["backlog"] = wish.backlog;
}

Json LoadJson(const LoadWish& wish) {
  Json json{{"side", NameOf(wish.side)}};
  if (wish.connections > 0) json["connections"] = wish.connections;
  if (wish.rate > 0) json["rate_per_s"] = wish.rate;
  if (wish.duration.count() > 0) json["duration_ms"] = wish.duration.count();
  json["keepalive"] = wish.keepalive;
  if (!wish.keepalive) json["closes_first"] = NameOf(wish.closes_first);
  if (wish.message_bytes > 0) json["message_bytes"] = wish.message_bytes;
  if (wish.rtt.count() > 0) json["rtt_us"] = wish.rtt.count();
  if (wish.bandwidth_bits_per_s > 0) json["bandwidth_bits_per_s"] = wish.bandwidth_bits_per_s;
  json["threads"] = wish.threads;
  if (wish.side == LoadSide::kClient) {
    AddClient(wish, json);
  } else {
    AddServer(wish, json);
  }
  return json;
}

Json CalibrationJson(const Calibration& calibration) {
  return {{"connections_per_s", Rounded(calibration.connections_per_s)},
          {"exchanges_per_s", Rounded(calibration.exchanges_per_s)},
          {"bytes_per_s", Rounded(calibration.bytes_per_s)},
          {"seconds", Rounded(calibration.seconds)},
          {"uncharged_share", Rounded(calibration.uncharged_share)}};
}

}  // namespace

std::string CheckJson(const CheckView& view) {
  Json json{{"refused", view.refused == CheckView::Refused::kYes},
            {"verdict", NameOf(view.verdict.readiness)}};
  AddText(json, "sentence", view.verdict.sentence);
  json["partial"] = view.stopped;
  json["checks"] = Json::array();
  for (const CheckResult& check : view.verdict.checks) json["checks"].push_back(CheckJsonOf(check));
  json["walls"] = Json::array();
  for (const Wall& wall : view.verdict.walls) json["walls"].push_back(WallJson(wall));
  if (view.wish) json["load"] = LoadJson(*view.wish);
  if (view.calibration) json["calibration"] = CalibrationJson(*view.calibration);
  AddText(json, "calibration_missing", view.calibration_missing);
  json["window_seconds"] = Rounded(view.window_seconds);
  AddText(json, "host_hash", view.host_hash);
  // The text may begin with comments.
  Json profile = Json::parse(view.profile, nullptr, false, true);
  if (profile.is_object()) json["profile"] = std::move(profile);
  json["profile_host_keys"] = view.host_keys;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
