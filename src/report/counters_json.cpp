// The `result` object of counters.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/counters_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

Json CounterJson(const CounterChange& change) {
  Json json = {{"group", change.group},
               {"name", change.name},
               {"change", change.change},
               {"per_s", std::round(change.per_s * 1e3) / 1e3},
               {"weight", NameOf(WeightOf(change))}};
  if (change.word != nullptr) {
    json["unit"] = change.word->unit;
    json["meaning"] = change.word->meaning;
  }
  return json;
}

}  // namespace

std::string CountersJson(const CountersView& view) {
  Json json = {{"refused", view.refused == CountersView::Refused::kYes},
               {"partial", view.stopped},
               {"seconds", std::round(view.reading.seconds * 1e3) / 1e3},
               {"counters", Json::array()},
               {"softnet", Json::array()}};
  for (const CounterChange& change : view.reading.counters)
    json["counters"].push_back(CounterJson(change));
  for (const SoftnetChange& cpu : view.reading.softnet) {
    json["softnet"].push_back({{"cpu", cpu.cpu},
                               {"processed", cpu.processed},
                               {"dropped", cpu.dropped},
                               {"time_squeeze", cpu.time_squeeze},
                               {"flow_limit", cpu.flow_limit}});
  }
  if (!view.softnet_missing.empty()) json["softnet_missing"] = view.softnet_missing;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
