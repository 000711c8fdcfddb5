// The `result` objects of snapshot and diff.
#include <nlohmann/json.hpp>

#include "report/snapshot_report.h"
#include "report/snapshot_rows.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json SideJson(const std::string& name, const HostSnapshot& snapshot) {
  Json json = {{"name", name}};
  if (snapshot == HostSnapshot{}) return json;
  json["hash"] = HashOf(snapshot);
  json["taken"] = TakenText(snapshot.unix_seconds);
  const auto kernel = snapshot.stable.find("kernel.release");
  if (kernel != snapshot.stable.end()) json["kernel"] = kernel->second;
  return json;
}

Json DifferenceJson(const SnapshotDifference& one) {
  Json json = {{"name", one.name}};
  if (!one.before.empty()) json["before"] = one.before;
  if (!one.after.empty()) json["after"] = one.after;
  json["bearing"] = one.bearing == Bearing::kMeasurement ? "measurement" : "none";
  json["why"] = one.why;
  if (!one.unknown.empty()) json["unknown"] = one.unknown;
  return json;
}

}  // namespace

std::string SnapshotJson(const SnapshotView& view) {
  if (view.refused == SnapshotView::Refused::kYes) return Dump({{"refused", true}});
  const HostSnapshot& snapshot = view.snapshot;
  Json json = {{"refused", false},
               {"hash", HashOf(snapshot)},
               {"taken", TakenText(snapshot.unix_seconds)},
               {"stable", snapshot.stable},
               {"fleeting", snapshot.fleeting},
               {"unknown", UnknownFacts(snapshot)}};
  if (!view.out.empty()) json["written"] = view.out;
  return Dump(json);
}

std::string DiffJson(const DiffView& view) {
  const bool refused = view.refused == DiffView::Refused::kYes;
  Json json = {{"refused", refused},
               {"before", SideJson(view.before_name, view.before)},
               {"after", SideJson(view.after_name, view.after)},
               {"differences", Json::array()}};
  if (refused) return Dump(json);
  for (const SnapshotDifference& one : view.differences)
    json["differences"].push_back(DifferenceJson(one));
  json["same_hash"] = HashOf(view.before) == HashOf(view.after);
  return Dump(json);
}

}  // namespace tunewire
