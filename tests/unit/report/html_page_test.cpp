#include "report/html_page.h"

#include <doctest/doctest.h>

#include <string>

#include "markup_check.h"
#include "report/chart.h"
#include "report/html_style.h"
#include "report/sequence_chart.h"

using namespace tunewire;

namespace {

HtmlReport Small() {
  HtmlReport report;
  report.word = "STALLS";
  report.tone = Tone::kBad;
  report.finding = "49.8 % of 10000 round trips wait 44 ms";
  report.detail = "Nagle + delayed ACK, confirmed";
  report.sections = {{"Figures",
                      {HtmlTable{"All runs", {"run", "p50"}, {{"as asked", "44.0 ms"}}},
                       HtmlText{"One paragraph."}, HtmlList{{"first", "second"}},
                       HtmlVerbatim{"tunewire probe\n  --html x"}}}};
  report.footer = "loopback";
  return report;
}

bool Has(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("A page is well-formed, its title is the finding, and nothing may run or be fetched") {
  const std::string page = HtmlPage(Small());
  CHECK(MarkupCheck::Fault(page) == std::nullopt);
  CHECK(page.starts_with("<!DOCTYPE html>\n"));
  CHECK(Has(page, "<title>49.8 % of 10000 round trips wait 44 ms</title>"));
  CHECK(Has(page,
            "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'\""));
  for (const char* active : {"<script", "<link", "<img", "<iframe", "http://", "https://", "url(",
                             "@import", "javascript:"}) {
    CAPTURE(active);
    CHECK_FALSE(Has(page, active));
  }
}

TEST_CASE("Every block stands on the page") {
  const std::string page = HtmlPage(Small());
  for (const char* text :
       {"<div class=\"word\">STALLS</div>", "<header class=\"bad\">", "<h2>Figures</h2>",
        "<caption>All runs</caption>", "<th scope=\"col\">p50</th>", "<td>44.0 ms</td>",
        "<p>One paragraph.</p>", "<li>second</li>", "<pre>tunewire probe\n  --html x\n</pre>",
        "<footer>loopback</footer>"}) {
    CAPTURE(text);
    CHECK(Has(page, text));
  }
}

TEST_CASE("Light, dark and paper") {
  for (const char* rule : {"prefers-color-scheme: dark", "@media print", "size: A4"}) {
    CHECK(kHtmlStyle.find(rule) != std::string_view::npos);
  }
  CHECK(kHtmlStyle.find('<') == std::string_view::npos);
}

TEST_CASE("Hostile text stays text wherever it stands") {
  const std::string hostile = "</title></style></pre></td>\"'><script>alert(1)</script>\x1b\xff";
  HtmlReport report{hostile, Tone::kWarn, hostile, hostile, {}, hostile};
  report.sections = {{hostile,
                      {HtmlText{hostile}, HtmlList{{hostile}}, HtmlVerbatim{hostile},
                       HtmlTable{hostile, {hostile}, {{hostile}}}, HtmlFigure{{}, hostile}}}};
  const std::string page = HtmlPage(report);
  CHECK(MarkupCheck::Fault(page) == std::nullopt);
  CHECK_FALSE(Has(page, "<script"));
}

TEST_CASE("An empty report is a page") { CHECK(MarkupCheck::Fault(HtmlPage({})) == std::nullopt); }

TEST_CASE("A full report of a dozen runs stays below 200 KiB") {
  Histogram histogram;
  for (double ns = 10000; ns < 3e8; ns *= 1.01) histogram.Record(static_cast<std::int64_t>(ns), 50);
  const std::vector<CdfCurve> curves(
      kMostCurves,
      CdfCurve{"with TCP_QUICKACK after every recv", CumulativePoints(histogram, kCurvePoints)});
  HtmlReport report = Small();
  const std::vector<Band> bands = StallBands({});
  report.sections.push_back(
      {"Pictures",
       {HtmlFigure{{CdfChart("x", curves, bands)}, "CDF"},
        HtmlFigure{{HistogramChart("x", histogram, FindClusters(histogram, {}), bands)}, "bars"},
        HtmlFigure{{SequenceChart("x", {}), SequenceChart("y", {})}, "on the wire"}}});
  HtmlTable table{"all", std::vector<std::string>(10, "p99.9"), {}};
  for (int i = 0; i < 12; ++i) table.rows.emplace_back(10, "44.012 ms");
  report.sections.push_back({"Figures", {table, table}});
  const std::string page = HtmlPage(report);
  MESSAGE("bytes: ", page.size());
  CHECK(page.size() < 100 * 1024);
  CHECK(MarkupCheck::Fault(page) == std::nullopt);
}
