// Two runs side by side: the change at each percentile, and how sure it is.
#include <array>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "report/http_report.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/text.h"
#include "tunewire/latency/compare.h"

namespace tunewire {
namespace {

constexpr std::array kQuantiles{0.1, 0.5, 0.9, 0.99, 0.999};
constexpr std::uint64_t kSeed = 20;

std::vector<QuantileChange> Changes(const HttpSaved& before, const HttpSaved& after) {
  return CompareQuantiles(before.latency, after.latency, kQuantiles, kSeed);
}

std::string Signed(double ns) {
  return (ns < 0 ? "-" : "+") + ShownTime(static_cast<std::int64_t>(ns < 0 ? -ns : ns));
}

std::string Row(const QuantileChange& change) {
  const Effect& effect = change.effect;
  return "  " + PadRight(Format("p{:g}", change.quantile * 100), 7) +
         PadLeft(ShownTime(static_cast<std::int64_t>(effect.before)), 11) +
         PadLeft(ShownTime(static_cast<std::int64_t>(effect.after)), 11) +
         PadLeft(Signed(effect.change), 12) + "   " +
         PadRight(Format("{} to {}", Signed(effect.interval.low), Signed(effect.interval.high)),
                  26) +
         (change.certain ? "" : "not certain") + "\n";
}

std::string_view WordOf(const QuantileChange& median) {
  if (!median.certain) return "SAME";
  return median.effect.change < 0 ? "FASTER" : "SLOWER";
}

}  // namespace

std::string HttpCompareText(const HttpSaved& before, const HttpSaved& after, const Style& style) {
  const std::vector<QuantileChange> changes = Changes(before, after);
  const QuantileChange& median = changes[1];
  const Tone tone = !median.certain            ? Tone::kWarn
                    : median.effect.change < 0 ? Tone::kGood
                                               : Tone::kBad;
  const double ratio = median.effect.before > 0 ? median.effect.change / median.effect.before : 0;
  std::string text = VerdictLine(WordOf(median), tone, Printable(before.name + " -> " + after.name),
                                 Format("median {:+.1f} %", ratio * 100), style);
  text += "\n  " + PadRight("", 7) + PadLeft("before", 11) + PadLeft("after", 11) +
          PadLeft("change", 12) + "   95 % interval\n";
  for (const QuantileChange& change : changes) text += Row(change);
  text +=
      Format("\n  requests/s {} -> {}   n {} -> {}\n", ShownRate(before.requests_per_second),
             ShownRate(after.requests_per_second), before.latency.count(), after.latency.count());
  if (before.url != after.url)
    text += "  note: different URLs: " + Printable(before.url) + ", " + Printable(after.url) + "\n";
  return text;
}

std::string HttpCompareJson(const HttpSaved& before, const HttpSaved& after) {
  using Json = nlohmann::ordered_json;
  const auto one = [](const HttpSaved& saved) {
    return Json{{"file", saved.name},
                {"url", saved.url},
                {"n", saved.latency.count()},
                {"rps", saved.requests_per_second}};
  };
  Json json = {{"before", one(before)}, {"after", one(after)}, {"changes", Json::array()}};
  for (const QuantileChange& change : Changes(before, after)) {
    json["changes"].push_back({{"quantile", change.quantile},
                               {"before_us", static_cast<std::int64_t>(change.effect.before / 1e3)},
                               {"after_us", static_cast<std::int64_t>(change.effect.after / 1e3)},
                               {"change_ns", static_cast<std::int64_t>(change.effect.change)},
                               {"low_ns", static_cast<std::int64_t>(change.effect.interval.low)},
                               {"high_ns", static_cast<std::int64_t>(change.effect.interval.high)},
                               {"certain", change.certain}});
  }
  return Json{{"compare", json}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
