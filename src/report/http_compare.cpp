// Two runs side by side: the change at each percentile, and how sure it is.
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "report/http_report.h"
#include "report/http_words.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "tunewire/base/text.h"
#include "tunewire/latency/compare.h"

namespace tunewire {
namespace {

std::string Row(const QuantileChange& change) {
  const Effect& effect = change.effect;
  return "  " + PadRight(Format("p{:g}", change.quantile * 100), 7) +
         PadLeft(ShownTime(static_cast<std::int64_t>(effect.before)), 11) +
         PadLeft(ShownTime(static_cast<std::int64_t>(effect.after)), 11) +
         PadLeft(SignedTime(effect.change), 12) + "   " +
         Format("{} to {}{}\n", SignedTime(effect.interval.low), SignedTime(effect.interval.high),
                change.certain ? "" : ", not certain");
}

}  // namespace

std::string HttpCompareText(const HttpSaved& before, const HttpSaved& after, const Style& style) {
  const std::vector<QuantileChange> changes = ComparedQuantiles(before, after);
  const std::string_view word = CompareWord(changes);
  const Tone tone = word == "SAME" ? Tone::kWarn : word == "FASTER" ? Tone::kGood : Tone::kBad;
  std::string text =
      VerdictLine(word, tone, Printable(before.name + " -> " + after.name), "", style);
  text += "  " + CompareFinding(changes) + "\n";
  text += "\n  " + PadRight("", 7) + PadLeft("before", 11) + PadLeft("after", 11) +
          PadLeft("change", 12) + "   95 % interval\n";
  for (const QuantileChange& change : changes) text += Row(change);
  text +=
      Format("\n  requests/s {} -> {}   n {} -> {}\n", ShownRate(before.requests_per_second),
             ShownRate(after.requests_per_second), before.latency.count(), after.latency.count());
  if (before.url != after.url)
    text += "  note: different URLs: " + Printable(before.url) + ", " + Printable(after.url) + "\n";
  if (const std::string warning = CompareWarning(before, after); !warning.empty())
    text += Indented(Paint(style, Tone::kWarn, "warning:") + " " + warning, 2, style);
  return text;
}

std::string HttpCompareJson(const HttpSaved& before, const HttpSaved& after) {
  using Json = nlohmann::ordered_json;
  const auto one = [](const HttpSaved& saved) {
    Json side{{"file", saved.name},
              {"url", saved.url},
              {"n", saved.latency.count()},
              {"rps", saved.requests_per_second}};
    if (!saved.host_hash.empty()) side["host_hash"] = saved.host_hash;
    return side;
  };
  Json json = {{"before", one(before)}, {"after", one(after)}, {"changes", Json::array()}};
  for (const QuantileChange& change : ComparedQuantiles(before, after)) {
    json["changes"].push_back({{"quantile", change.quantile},
                               {"before_us", static_cast<std::int64_t>(change.effect.before / 1e3)},
                               {"after_us", static_cast<std::int64_t>(change.effect.after / 1e3)},
                               {"change_ns", static_cast<std::int64_t>(change.effect.change)},
                               {"low_ns", static_cast<std::int64_t>(change.effect.interval.low)},
                               {"high_ns", static_cast<std::int64_t>(change.effect.interval.high)},
                               {"certain", change.certain}});
  }
  if (const std::string warning = CompareWarning(before, after); !warning.empty())
    json["warnings"] = {warning};
  return Json{{"compare", json}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
