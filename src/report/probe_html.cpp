// tunewire probe as one self-contained page: the finding, the distributions over one another, one
// stalled exchange beside one without.
#include <algorithm>

#include "base/format.h"
#include "probe/run_facts.h"
#include "report/chart.h"
#include "report/html_page.h"
#include "report/latency_text.h"
#include "report/probe_facts.h"
#include "report/probe_report.h"
#include "report/probe_words.h"
#include "report/sequence_chart.h"
#include "tunewire/latency/compare.h"

namespace tunewire {
namespace {

std::string LabelOf(const RunReport& run) {
  return run.role == RunRole::kAsked ? "as asked" : run.label;
}

bool SameMss(const RunReport& one, const RunReport& two) {
  return one.evidence.spec.traffic.mss == two.evidence.spec.traffic.mss;
}

HtmlTable RunsTable(const ProbeResult& result) {
  HtmlTable table;
  table.caption = "every run; the blocks of all ran in turns";
  table.head = {
      "the same traffic, with", "MSS", "exchanges", "p50", "p90", "p99", "p99.9", "max", "stalled"};
  for (const RunReport& run : result.runs) {
    const Histogram& latency = run.evidence.latency;
    std::vector<std::string> row{LabelOf(run), Format("{}", MssOf(run.evidence)),
                                 Format("{}", latency.count())};
    for (const double quantile : {0.5, 0.9, 0.99, 0.999})
      row.push_back(ShownTime(latency.At(quantile)));
    row.push_back(ShownTime(latency.largest()));
    row.push_back(Format("{} of {}", run.stalls.count, run.stalls.n));
    table.rows.push_back(std::move(row));
  }
  return table;
}

HtmlSection Distribution(const ProbeResult& result, const RunReport& asked) {
  std::vector<CdfCurve> curves;
  for (const RunReport& run : result.runs) {
    if (!SameMss(run, asked) || run.evidence.latency.count() == 0) continue;
    curves.push_back({LabelOf(run), CumulativePoints(run.evidence.latency, kCurvePoints)});
  }
  const bool stalled = result.verdict.stall || asked.stalls.count > 0;
  const std::vector<Band> bands = stalled ? BandsOf(asked) : std::vector<Band>();
  const ProbeWords words = WordsOf(result);
  HtmlFigure overlaid{
      {CdfChart(Format("Cumulative distributions of {} runs: {}", curves.size(), words.finding),
                curves, bands)},
      "Share of round trips that took so long or shorter."};
  const Histogram& latency = asked.evidence.latency;
  const std::vector<Cluster> hills = FindClusters(latency, TimerFactsOf(asked.evidence));
  HtmlFigure hill{{HistogramChart(Format("Histogram of the traffic as asked: {}", words.finding),
                                  latency, hills, bands)},
                  "The traffic as asked."};
  HtmlSection section{"Round trips", {}};
  section.blocks = {std::move(overlaid), std::move(hill)};
  if (const std::string when = WhenWords(asked.stalls); !when.empty())
    section.blocks.emplace_back(HtmlText{when + "."});
  section.blocks.emplace_back(RunsTable(result));
  return section;
}

/// One that did not wait: of the traffic as asked, or else of the first variation that has one.
const RunReport* CleanRun(const ProbeResult& result, const RunReport& asked) {
  for (const RunReport& run : result.runs) {
    if (SameMss(run, asked) && CleanTimeline(run) != nullptr) return &run;
  }
  return nullptr;
}

std::string Length(const Timeline& timeline) {
  return ShownTime(timeline.span.end_ns - timeline.span.begin_ns);
}

std::vector<HtmlSection> OnTheWire(const ProbeResult& result, const RunReport& asked) {
  HtmlFigure figure;
  if (const Timeline* stalled = StalledTimeline(asked)) {
    figure.pictures.push_back(SequenceChart(Format("stalled: {}", Length(*stalled)), *stalled));
    figure.caption =
        "Where the time of the stalled one went: " + ShareWords(stalled->attribution) + ".";
  }
  if (const RunReport* clean = CleanRun(result, asked)) {
    const Timeline& timeline = *CleanTimeline(*clean);
    const std::string how = clean == &asked ? "" : ", " + clean->label;
    figure.pictures.push_back(
        SequenceChart(Format("not stalled{}: {}", how, Length(timeline)), timeline));
  }
  if (figure.pictures.empty()) return {};
  return {{"On the wire", {std::move(figure)}}};
}

HtmlSection Reasons(const Verdict& verdict) {
  HtmlSection section{verdict.stall ? "Why, and what helps" : "Why", {}};
  if (!verdict.reasons.empty()) section.blocks.emplace_back(HtmlList{verdict.reasons});
  HtmlTable fixes{
      "what can be done, and by whom", {"fix", "side", "median here", "instead of"}, {}};
  for (const Fix& fix : verdict.fixes) {
    const auto shown = [](double ns) { return ShownTime(static_cast<std::int64_t>(ns)); };
    fixes.rows.push_back({fix.text, std::string(NameOf(fix.side)),
                          fix.effect ? shown(fix.effect->after) : "not tried",
                          fix.effect ? shown(fix.effect->before) : ""});
  }
  if (!fixes.rows.empty()) section.blocks.emplace_back(std::move(fixes));
  if (!verdict.warnings.empty()) {
    section.blocks.emplace_back(HtmlText{"To be kept in mind:"});
    section.blocks.emplace_back(HtmlList{verdict.warnings});
  }
  return section;
}

HtmlSection Measured(const ProbeResult& result, const RunReport& asked) {
  HtmlSection section{"How it was measured", {}};
  section.blocks.emplace_back(HtmlText{SubjectOf(result, asked) + "."});
  HtmlList facts{HostWords(asked.evidence)};
  facts.items.push_back("this host by itself: " + NoiseWords(result.noise));
  for (const std::string& line : CounterWords(asked.evidence))
    facts.items.push_back("counters of the namespace, " + line);
  section.blocks.emplace_back(std::move(facts));
  return section;
}

}  // namespace

std::string ProbeHtml(const ProbeView& view) {
  const ProbeResult& result = view.result;
  const ProbeWords words = WordsOf(result);
  HtmlReport report;
  report.word = std::string(words.word);
  report.tone = words.tone;
  report.finding = words.finding;
  report.detail = words.detail;
  report.footer = Format("tunewire probe{}", view.arguments);
  const RunReport* asked = AskedRun(result);
  if (asked == nullptr || asked->evidence.latency.count() == 0) return HtmlPage(report);
  report.sections.push_back(Distribution(result, *asked));
  for (HtmlSection& section : OnTheWire(result, *asked))
    report.sections.push_back(std::move(section));
  report.sections.push_back(Reasons(result.verdict));
  report.sections.push_back(Measured(result, *asked));
  return HtmlPage(report);
}

}  // namespace tunewire
