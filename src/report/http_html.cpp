// tunewire http as one page: the finding, distributions over one another, the server beside the
// load.
#include <algorithm>

#include "base/format.h"
#include "report/chart.h"
#include "report/html_page.h"
#include "report/http_report.h"
#include "report/http_words.h"
#include "report/latency_text.h"
#include "tunewire/latency/compare.h"

namespace tunewire {
namespace {

TimerFacts TimersOf(const HttpRun& run, int hz) {
  TimerFacts timers;
  if (hz > 0) timers.hz = hz;
  timers.min_rtt_ns = run.load.min_rtt_ns.value_or(0);
  return timers;
}

/// Beside a server that does not stall a timer's name would tell a wrong story.
std::vector<Band> NamedBands(const HttpView& view, const HttpRun& run) {
  if (!view.result.verdict.stall) return {};
  return StallBands(TimersOf(run, view.request.hz));
}

std::vector<Cluster> NamedClusters(const HttpView& view, const HttpRun& run) {
  std::vector<Cluster> clusters =
      FindClusters(ShownLatency(run, view.request), TimersOf(run, view.request.hz));
  if (view.result.verdict.stall) return clusters;
  for (Cluster& cluster : clusters) cluster.kind.reset();
  return clusters;
}

std::vector<CdfCurve> Curves(const HttpView& view) {
  std::vector<CdfCurve> curves;
  for (const HttpRun& run : view.result.runs) {
    const Histogram& latency = ShownLatency(run, view.request);
    if (latency.count() == 0) continue;
    curves.push_back({RunLabel(run), CumulativePoints(latency, kCurvePoints)});
  }
  return curves;
}

HtmlTable ModesTable(const HttpView& view) {
  HtmlTable table{
      "every run", {"", "requests", "ok", "req/s", "p50", "p90", "p99", "max", "late"}, {}};
  for (const HttpRun& run : view.result.runs) {
    const Histogram& latency = ShownLatency(run, view.request);
    table.rows.push_back({RunLabel(run), Format("{}", run.load.requests), Format("{}", run.load.ok),
                          ShownRate(RequestsPerSecond(run.load)), ShownTime(latency.At(0.5)),
                          ShownTime(latency.At(0.9)), ShownTime(latency.At(0.99)),
                          ShownTime(latency.largest()),
                          run.stalls.count == 0 ? "-" : ShownShare(run.stalls.fraction)});
  }
  return table;
}

HtmlSection Distributions(const HttpView& view, const HttpRun& main) {
  const std::vector<Band> bands = NamedBands(view, main);
  const Histogram& latency = ShownLatency(main, view.request);
  HtmlSection section{"Latency", {}};
  section.blocks.push_back(HtmlFigure{
      {CdfChart("cumulative distribution of every run's latency", Curves(view), bands)},
      view.request.spec.rate > 0 ? "counted from the intended time of each request" : ""});
  section.blocks.push_back(HtmlFigure{
      {HistogramChart("histogram of " + RunLabel(main), latency, NamedClusters(view, main), bands)},
      RunLabel(main)});
  section.blocks.push_back(ModesTable(view));
  return section;
}

HtmlSection Evidence(const HttpVerdict& verdict) {
  HtmlSection section{"Why", {}};
  if (!verdict.reasons.empty()) section.blocks.push_back(HtmlList{verdict.reasons});
  std::vector<std::string> fixes;
  for (const HttpFix& fix : verdict.fixes) fixes.push_back(fix.side + ": " + fix.text);
  if (!fixes.empty()) {
    section.blocks.push_back(HtmlText{"What helps:"});
    section.blocks.push_back(HtmlList{fixes});
  }
  if (!verdict.warnings.empty()) {
    section.blocks.push_back(HtmlText{"To keep in mind:"});
    section.blocks.push_back(HtmlList{verdict.warnings});
  }
  return section;
}

HtmlSection BesideTheLoad(const std::vector<ServerSample>& samples) {
  TimeSeries cpu{"server CPU", {}}, memory{"server memory", {}}, rate{"requests", {}};
  for (const ServerSample& sample : samples) {
    const double at = static_cast<double>(sample.at_ms) / 1e3;
    cpu.points.emplace_back(at, sample.cpu_percent);
    memory.points.emplace_back(at, static_cast<double>(sample.rss_bytes) / (1 << 20));
    rate.points.emplace_back(at, sample.requests_per_second);
  }
  const std::vector<TimePanel> panels{
      {"requests/s", {rate}}, {"% of one CPU", {cpu}}, {"MiB", {memory}}};
  return {"The server beside the load",
          {HtmlFigure{{TimeChart("requests a second, the server's CPU and memory", panels)},
                      "its children included"}}};
}

}  // namespace

std::string HttpHtml(const HttpView& view) {
  const HttpVerdict& verdict = view.result.verdict;
  HtmlReport page;
  page.word = HttpWord(view.result);
  page.tone = HttpTone(view.result);
  page.finding = verdict.sentence;
  page.detail = HttpNumbers(view.result);
  if (const HttpRun* main = MainRun(view.result))
    page.sections.push_back(Distributions(view, *main));
  HtmlSection evidence = Evidence(verdict);
  if (!evidence.blocks.empty()) page.sections.push_back(std::move(evidence));
  if (!view.server.empty()) page.sections.push_back(BesideTheLoad(view.server));
  page.footer = Format("tunewire http {}{}", view.url,
                       view.address.empty() ? "" : ", asked at " + view.address);
  return HtmlPage(page);
}

std::string HttpCompareHtml(const HttpSaved& before, const HttpSaved& after) {
  const std::vector<QuantileChange> changes = ComparedQuantiles(before, after);
  HtmlTable table{
      "change at each percentile", {"", "before", "after", "change", "95 % interval"}, {}};
  for (const QuantileChange& change : changes) {
    const Effect& effect = change.effect;
    table.rows.push_back(
        {Format("p{:g}", change.quantile * 100),
         ShownTime(static_cast<std::int64_t>(effect.before)),
         ShownTime(static_cast<std::int64_t>(effect.after)), SignedTime(effect.change),
         Format("{} to {}{}", SignedTime(effect.interval.low), SignedTime(effect.interval.high),
                change.certain ? "" : ", not certain")});
  }
  const std::vector<CdfCurve> curves{{"before", CumulativePoints(before.latency, kCurvePoints)},
                                     {"after", CumulativePoints(after.latency, kCurvePoints)}};
  HtmlReport page;
  page.word = CompareWord(changes);
  page.tone = Tone::kStrong;
  page.finding = CompareFinding(changes);
  page.detail =
      Format("{} requests before, {} after", before.latency.count(), after.latency.count());
  page.sections.push_back({"Latency",
                           {HtmlFigure{{CdfChart("cumulative distributions, before and after",
                                                 curves, StallBands(TimerFacts()))},
                                       ""},
                            table}});
  if (const std::string warning = CompareWarning(before, after); !warning.empty())
    page.sections.push_back({"To keep in mind", {HtmlList{{warning}}}});
  page.footer = "tunewire http --compare " + before.name + " " + after.name;
  return HtmlPage(page);
}

}  // namespace tunewire
