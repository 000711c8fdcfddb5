// The same findings from real runs over loopback: what the kernel stamps is what the theory says.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "probe/classify.h"
#include "probe/path_view.h"
#include "probe/run_facts.h"
#include "tunewire/probe/ends.h"
#include "unit/probe/timeline_builder.h"

namespace tunewire {
namespace {

struct RealCase {
  const char* client;
  const char* server;
  Nagle client_nagle;
  std::uint64_t count;
  Cause cause;
  Side side;
};

RunEvidence RunOf(const RealCase& one, Stamping stamping = Stamping::kOn) {
  RunSpec spec;
  spec.traffic.client = ShortScript(one.client);
  spec.traffic.server = ShortScript(one.server);
  spec.traffic.client_options.nagle = one.client_nagle;
  spec.count = spec.keep = one.count;
  spec.stamping = stamping;
  Result<std::unique_ptr<Ends>> ends = LocalEnds("", "");
  REQUIRE(ends);
  Result<RunEvidence> run = (*ends)->Run(spec, [](auto, auto) { return false; });
  REQUIRE(run);
  return *std::move(run);
}

RunReport ReportOf(RunEvidence run, bool one_host = true) {
  return ReportRun(RunRole::kAsked, "asked", 0, std::move(run), one_host);
}

// Every count lets a host whose tcp_pingpong_thresh is 3 stall several times.
const RealCase kCases[] = {
    {"w200 w1000 r100", "r1200 w100", Nagle::kOn, 12, Cause::kNagleDelayedAck, Side::kClient},
    {"w100 r1200", "r100 w200 w1000", Nagle::kOn, 12, Cause::kNagleDelayedAck, Side::kServer},
    {"w200 w1000 r600", "r1200 w200 w400", Nagle::kOn, 12, Cause::kNagleDelayedAck, Side::kBoth},
    {"cork w200 w1000 r100", "r1200 w100", Nagle::kOff, 3, Cause::kCork, Side::kClient},
    {"m1200 r100", "r1200 w100", Nagle::kOff, 3, Cause::kCork, Side::kClient},
    {"w200 s44 w1000 r100", "r1200 w100", Nagle::kOff, 6, Cause::kApplication, Side::kClient},
    {"w64 r100", "r64 s44 w100", Nagle::kOn, 6, Cause::kApplication, Side::kServer},
};

/// A busy machine may keep a ready program waiting for longer than any timer, and then that is the
/// truth about the run: it is taken again, a few times.
RunReport Undisturbed(const RealCase& one) {
  RunReport report = ReportOf(RunOf(one));
  for (int again = 0; again < 4 && ClassifyRun(report).cause != one.cause; ++again) {
    report = ReportOf(RunOf(one));
  }
  return report;
}

TEST_CASE("real runs: cause and side, with stamps") {
  for (const RealCase& one : kCases) {
    CAPTURE(one.client);
    const RunReport report = Undisturbed(one);
    const RunFinding finding = ClassifyRun(report);
    std::string reasons;
    for (const std::string& reason : finding.reasons) reasons += reason + "\n";
    CAPTURE(reasons);
    CHECK(NameOf(finding.cause) == NameOf(one.cause));
    CHECK(NameOf(finding.side) == NameOf(one.side));
    CHECK(finding.proven_by_hold == (one.cause != Cause::kApplication));
    CHECK(report.timelines.size() == one.count);
    for (const Timeline& line : report.timelines) {
      CHECK(line.attribution.Total() == line.span.end_ns - line.span.begin_ns);
    }
  }
}

TEST_CASE("real runs: without stamps the same is at most likely") {
  for (const RealCase& one : kCases) {
    if (one.cause != Cause::kNagleDelayedAck && one.cause != Cause::kApplication) continue;
    CAPTURE(one.client);
    const RunFinding finding = ClassifyRun(ReportOf(RunOf(one, Stamping::kOff)));
    CHECK(NameOf(finding.cause) == NameOf(one.cause));
    CHECK_FALSE(finding.proven_by_hold);
  }
}

TEST_CASE("real runs: two ends on one clock that do not know it find no offset") {
  const RunEvidence run = RunOf(kCases[0]);
  PathFacts facts;
  facts.timers = TimerFactsOf(run);
  const Track client = TrackOf(run.client.events, run.spec.traffic.client, {});
  const Track server = TrackOf(run.server->events, run.spec.traffic.server, {});
  for (const auto& offset : ClockOffsets(client, server, facts.timers.min_rtt_ns)) {
    REQUIRE(offset);
    CHECK(std::abs(offset->server_ahead_ns) <= offset->error_ns + 1000);
    CHECK(offset->error_ns < 5'000'000);
  }
  const RunFinding finding = ClassifyRun(ReportOf(run, false));
  CHECK(NameOf(finding.cause) == NameOf(Cause::kNagleDelayedAck));
  CHECK(NameOf(finding.side) == NameOf(Side::kClient));
}

TEST_CASE("real runs: the client alone proves its own hold, and leaves the server's open") {
  RunEvidence own = RunOf(kCases[0]);
  own.server.reset();
  const RunFinding mine = ClassifyRun(ReportOf(std::move(own)));
  CHECK(NameOf(mine.cause) == NameOf(Cause::kNagleDelayedAck));
  CHECK(mine.proven_by_hold);
  RunEvidence other = RunOf(kCases[1]);
  other.server.reset();
  const RunFinding theirs = ClassifyRun(ReportOf(std::move(other)));
  CHECK(NameOf(theirs.cause) == NameOf(Cause::kUnknown));
  CHECK(NameOf(theirs.side) == NameOf(Side::kServer));
  CHECK_FALSE(theirs.proven_by_hold);
}

TEST_CASE("real runs: stamping alone makes no stall where the reader acknowledges at once") {
  RunSpec spec;
  spec.traffic.client = ShortScript("w200 w1000 r100");
  spec.traffic.server = ShortScript("r1200 w100");
  spec.traffic.server_options.quickack = QuickAck::kAlways;
  spec.count = spec.keep = 100;
  spec.stamping = Stamping::kOn;
  Result<std::unique_ptr<Ends>> ends = LocalEnds("", "");
  REQUIRE(ends);
  const Result<RunEvidence> run = (*ends)->Run(spec, [](auto, auto) { return false; });
  REQUIRE(run);
  CHECK(ReportOf(*run).stalls.fraction <= 0.1);
}

}  // namespace
}  // namespace tunewire
