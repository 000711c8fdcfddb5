#include <doctest/doctest.h>

#include "report/layout.h"
#include "report/probe_report.h"
#include "report/probe_sequence.h"
#include "support/made_probe.h"
#include "tunewire/base/text.h"

using namespace tunewire;

namespace {

Style Columns(int columns, Charset charset = Charset::kAscii) {
  Style style;
  style.columns = columns;
  style.charset = charset;
  return style;
}

ProbeView View(ProbeResult result) {
  ProbeView view;
  view.result = std::move(result);
  return view;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void CheckFits(const std::string& text, int columns) {
  for (const std::string& line : Split(text, '\n')) {
    // What is there to be copied stays on one line.
    if (line.starts_with("next: ") || Has(line, "  next: ")) continue;
    INFO(line);
    CHECK(ShownWidth(line) <= columns);
  }
}

}  // namespace

TEST_CASE("probe text: verdict first, proof, fixes, next command last") {
  const std::string text = ProbeText(View(StallingProbe()), {}, Columns(80));
  CHECK(text.starts_with(
      "STALLS  99.0 % of 100 round trips wait 44.0 ms  Nagle + delayed ACK, confirmed\n"
      "  two_writes over loopback (MSS 32768): client 'w200 w1000 r100', server 'r1200\n"
      "  w100'\n"));
  CHECK(Has(text, "<- delayed-ACK timer (40 ms)"));
  CHECK(Has(text, "n 100\n"));
  CHECK(Has(text, "the first 20: p50 44.0 ms"));
  CHECK(Has(text, "stalled: 99 of 100 (94.6 to 99.8 %), the first is the 2nd, then each;"));
  CHECK(Has(text, "\nproof: the same traffic, in turns, at loopback's MSS\n"));
  CHECK(Has(text, "  TCP_NODELAY                    20.0 us  -99.9 %     0 of 100\n"));
  CHECK(Has(text, "\nfix:   set TCP_NODELAY on the client's socket (here: 20.0 us instead of"));
  CHECK(Has(text, "       server: `quickack 1` on the route\n"));
  CHECK(Has(text, "\nnote:  TCP_QUICKACK set once does not last\n"));
  CHECK(text.ends_with("\nexit 1.  next: tunewire probe --nodelay\n"));
}

TEST_CASE("probe text: the stalled exchange as it was on the wire") {
  CHECK(SequenceText("one of them:", StalledExchange(), Columns(80)) ==
        "one of them:                      client               server\n"
        "    0.000  write 200                 |------ 1:201 ------>|\n"
        "    0.006  write 1000  held by Nagle #                    #\n"
        "           43.9 ms of silence        #                    # ACK delayed\n"
        "   43.900                            #<----- ack 201 -----|\n"
        "   43.910                            |---- 201:1201 ----->|\n"
        "   43.940                            |<------ 1:101 ------| write 100\n"
        "   44.000  read 100                  |                    |\n");
  CHECK(SequenceText("one of them:", StalledByServer(), Columns(60)) ==
        "one of them:                  client       server\n"
        "    0.000  write 100             |-- 1:101 -->|\n"
        "    0.025                        |<-- 1:201 --| write 200\n"
        "    0.030                        #            # write 1000\n"
        "           43.9 ms of silence    #            # held by...\n"
        "           ACK delayed           #            #\n"
        "   43.900                        |- ack 201 ->#\n"
        "   43.910                        |<-201:1201--|\n"
        "   44.000  read 1200             |            |\n");
  const std::string utf8 = SequenceText("one:", StalledExchange(), Columns(80, Charset::kUtf8));
  CHECK(Has(utf8, "█◀───── ack 201 ─────│"));
}

TEST_CASE("probe text: an echo peer's side is not made up") {
  Timeline line = StalledExchange();
  line.server.clear();
  const std::string text = SequenceText("x", line, Columns(80));
  CHECK(Has(text, "   43.990                            |<------ 100 B ------|\n"));
  CHECK_FALSE(Has(text, "| write 100"));
}

TEST_CASE("probe text: a long script is shown by its begin and its end") {
  Timeline line = StalledExchange();
  const Event write = line.client.front();
  line.client.insert(line.client.begin(), 60, write);
  const std::string text = SequenceText("x", line, Columns(80));
  CHECK(Has(text, " more "));
  CHECK(std::count(text.begin(), text.end(), '\n') < 32);
  CHECK(Has(text, "read 100"));
}

TEST_CASE("probe text: fits at every width and in both character sets") {
  for (const int columns : {60, 80, 120}) {
    for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
      for (const Detail detail : {Detail::kQuiet, Detail::kNormal, Detail::kVerbose}) {
        CAPTURE(columns);
        Style style = Columns(columns, charset);
        style.detail = detail;
        const std::string text = ProbeText(View(StallingProbe()), {}, style);
        CheckFits(text, columns);
        if (charset == Charset::kAscii) {
          CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c > 0; }));
        }
      }
    }
  }
}

TEST_CASE("probe text: quiet is the verdict alone") {
  Style style = Columns(80);
  style.detail = Detail::kQuiet;
  const std::string text = ProbeText(View(StallingProbe()), {}, style);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("probe text: nothing stalls") {
  const std::string text = ProbeText(View(FineProbe()), {}, Columns(80));
  CHECK(text.starts_with("FINE  none of 100 round trips stalls"));
  CHECK_FALSE(Has(text, "fix:"));
  CHECK_FALSE(Has(text, "proof:"));
  CHECK_FALSE(Has(text, "exit 1"));
}

TEST_CASE("probe text: a program that takes its time is slow, and no stall") {
  ProbeResult result = StallingProbe();
  result.verdict.stall = false;
  result.verdict.cause = Cause::kApplication;
  result.verdict.side = Side::kServer;
  const std::string text = ProbeText(View(std::move(result)), {}, Columns(80));
  CHECK(text.starts_with("SLOW  a round trip takes 44.0 ms at the median"));
  CHECK(Has(text, "the program: the server, no stall"));
  CHECK_FALSE(Has(text, "exit 1"));
}

TEST_CASE("probe text: what was cut short says so") {
  ProbeResult result = StallingProbe();
  result.partial = true;
  const std::string text = ProbeText(View(std::move(result)), {}, Columns(80));
  CHECK(Has(text, "confirmed, partial"));
  CHECK(Has(text, "exit 130.  next: tunewire probe\n"));
  ProbeResult nothing;
  nothing.partial = true;
  CHECK(ProbeText(View(std::move(nothing)), {}, Columns(80)).starts_with("NOTHING  no exchange"));
}

TEST_CASE("probe text: assertions are named with what was measured") {
  ProbeView view = View(StallingProbe());
  const std::vector<Assertion> assertions = *ParseAssertions("stalls=0,p99<2s", "x");
  for (const Assertion& one : assertions)
    view.assertions.push_back(Check(one, view.result.runs.front()));
  const std::string text = ProbeText(view, {}, Columns(80));
  CHECK(Has(text, "x stalls=0  it is 99\n"));
  CHECK(Has(text, "ok p99<2s  it is 44.0 ms\n"));
}

TEST_CASE("probe text: nothing from outside reaches the terminal raw") {
  ProbeResult result = StallingProbe();
  result.peer = "evil\033[31m";
  result.runs.front().evidence.client.facts.kernel = "6\033[2J";
  result.runs.front().evidence.client.tcp.congestion = "x\007";
  Style style = Columns(80);
  style.detail = Detail::kVerbose;
  const std::string text = ProbeText(View(std::move(result)), {}, style);
  CHECK_FALSE(Has(text, "\033"));
  CHECK_FALSE(Has(text, "\007"));
}

TEST_CASE("probe: exchanges and distributions as lines") {
  const std::string csv = ProbeExchangesCsv(StallingProbe());
  const std::vector<std::string> lines = Split(csv, '\n');
  REQUIRE(lines.size() == 202);
  CHECK(lines[0] == "run,mss,exchange,begin_us,intended_us,latency_us,stalled");
  CHECK(lines[1] == "asked,32768,1,0.000,0.000,20.000,0");
  CHECK(lines[2] == "asked,32768,2,21.000,21.000,44000.000,1");
  CHECK(lines[101] == "nodelay,32768,1,0.000,0.000,20.000,0");
  const std::string cdf = ProbeCdfCsv(StallingProbe());
  CHECK(cdf.starts_with("run,mss,latency_us,fraction\nasked,32768,"));
  CHECK(Has(cdf, "asked,32768,44000.000,1\n"));
}

TEST_CASE("probe: the page holds the finding, the pictures and no script") {
  ProbeView view = View(StallingProbe());
  view.arguments = " --pattern '<b>'";
  const std::string page = ProbeHtml(view);
  CHECK(Has(page, "<title>"));
  CHECK(Has(page, "99.0 % of 100 round trips wait 44.0 ms"));
  CHECK(Has(page, "TCP_NODELAY"));
  CHECK(Has(page, "<svg"));
  CHECK_FALSE(Has(page, "<script"));
  CHECK_FALSE(Has(page, "<b>"));
  CHECK(page.size() < 200 * 1024);
  CHECK_FALSE(ProbeHtml(View(ProbeResult())).empty());
}

TEST_CASE("sweep text: the region in words, and drawn with its edges") {
  SweepView view;
  view.result.peer = "loopback";
  view.result.sentences = {"at MSS 1448: stalls with second write 1..1447 bytes"};
  for (const std::uint32_t size : {1U, 16U, 256U, 1024U, 1447U, 1448U, 4096U})
    view.result.points.push_back({1448, 200, size, {}, {}, 8, size < 1448 ? 7U : 0U});
  view.result.edges.push_back({"second_write", 1448, 1, 1447, 1448});
  for (const int columns : {60, 80, 120}) {
    const std::string text = SweepText(view, {}, Columns(columns));
    CheckFits(text, columns);
    CHECK(text.starts_with("STALLS  loopback"));
    CHECK(Has(text, "  second write   |"));
    CHECK(Has(text, "1447"));
    CHECK(Has(text, "4096"));
    CHECK(Has(text, "#####"));
    CHECK(Has(text, "..."));
  }
  CHECK(SweepText({}, {}, Columns(80)).starts_with("FINE"));
}
