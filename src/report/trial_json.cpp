#include <cmath>
#include <nlohmann/json.hpp>

#include "report/trial_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string_view NameOf(TrialKey::Fate fate) {
  switch (fate) {
    case TrialKey::Fate::kTried:
      return "tried";
    case TrialKey::Fate::kAlready:
      return "already";
    case TrialKey::Fate::kHostWide:
      return "host_wide";
    case TrialKey::Fate::kRefused:
      return "refused";
    case TrialKey::Fate::kMissing:
      break;
  }
  return "missing";
}

Json KeyJson(const TrialKey& key) {
  Json json{{"key", key.key}, {"fate", NameOf(key.fate)}};
  if (!key.before.empty()) json["before"] = key.before;
  if (!key.after.empty()) json["after"] = key.after;
  if (!key.why.empty()) json["why"] = key.why;
  return json;
}

Json MeasureJson(const TrialMeasure& measure) {
  Json json{{"id", measure.id},
            {"title", measure.title},
            {"better", measure.better == Better::kMore ? "more" : "less"},
            {"without", measure.median_without},
            {"with", measure.median_with},
            {"ratio", measure.ratio.median}};
  // JSON has no infinity: an interval without bounds is left out.
  if (std::isfinite(measure.ratio.interval.low) && std::isfinite(measure.ratio.interval.high))
    json["ratio_interval"] = {measure.ratio.interval.low, measure.ratio.interval.high};
  json["outcome"] = NameOf(measure.outcome);
  json["blocks_without"] = measure.without;
  json["blocks_with"] = measure.with;
  return json;
}

}  // namespace

std::string TrialJson(const TrialView& view) {
  Json json{{"profile", view.profile},
            {"against", view.against == TrialAgainst::kNow ? "now" : "defaults"},
            {"partial", view.result.partial},
            {"pairs", view.result.pairs},
            {"block_ms", view.result.block.count()}};
  json["measures"] = Json::array();
  for (const TrialMeasure& measure : view.result.measures)
    json["measures"].push_back(MeasureJson(measure));
  json["failures"] = Json::array();
  for (const auto& [os_error, failures] : view.result.failures)
    json["failures"].push_back(
        {{"errno", os_error}, {"without", failures.without}, {"with", failures.with}});
  json["keys"] = Json::array();
  for (const TrialKey& key : view.keys) json["keys"].push_back(KeyJson(key));
  json["limits"] = view.limits;
  return json.dump();
}

}  // namespace tunewire
