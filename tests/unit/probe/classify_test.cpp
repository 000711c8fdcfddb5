// What a run by itself is called: the labelled cases, with less and less evidence.
#include "probe/classify.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "unit/probe/scenes.h"

namespace tunewire {
namespace {

RunReport ReportOf(const RunEvidence& run, bool one_host = true) {
  return ReportRun(RunRole::kAsked, "asked", 0, run, one_host);
}

RunFinding FindingOf(const RunEvidence& run, bool one_host = true) {
  return ClassifyRun(ReportOf(run, one_host));
}

std::string AllReasons(const RunFinding& finding) {
  std::string all;
  for (const std::string& reason : finding.reasons) all += reason + "\n";
  return all;
}

bool Says(const RunFinding& finding, const std::string& words) {
  return AllReasons(finding).find(words) != std::string::npos;
}

struct Labelled {
  const char* name;
  std::function<RunBuilder()> scene;
  Cause cause;
  Side side;
  bool proven;
};

const Labelled kCases[] = {
    {"clean", scenes::Clean, Cause::kNone, Side::kNone, false},
    {"two writes", scenes::NagleStall, Cause::kNagleDelayedAck, Side::kClient, true},
    {"server's two writes", scenes::ServerNagleStall, Cause::kNagleDelayedAck, Side::kServer, true},
    {"both", scenes::TwoSided, Cause::kNagleDelayedAck, Side::kBoth, true},
    {"hold under think", scenes::HoldUnderThink, Cause::kApplication, Side::kServer, false},
    {"server think", scenes::ServerThink, Cause::kNagleDelayedAck, Side::kClient, true},
    {"slow application", scenes::SlowApplication, Cause::kApplication, Side::kClient, false},
    {"slow body", scenes::SlowBody, Cause::kApplication, Side::kClient, false},
    {"cork left open", scenes::CorkLeftOpen, Cause::kCork, Side::kClient, true},
    {"cork closed", scenes::CorkClosed, Cause::kNone, Side::kNone, false},
    {"MSG_MORE, nodelay", scenes::MoreLeftOpenNoDelay, Cause::kCork, Side::kClient, true},
    {"tail loss", scenes::TailLoss, Cause::kLoss, Side::kClient, true},
    {"two segments lost", scenes::HoleFilledLate, Cause::kLoss, Side::kClient, true},
    {"reply lost", scenes::ReplyLoss, Cause::kLoss, Side::kServer, true},
    {"long path", scenes::LongPath, Cause::kNagleDelayedAck, Side::kClient, true},
    {"awaited ACK", scenes::AwaitedAck, Cause::kUnknown, Side::kServer, false},
    {"pacing", scenes::Pacing, Cause::kPacing, Side::kClient, true},
    {"hiccup", scenes::Hiccup, Cause::kScheduling, Side::kServer, true},
    {"zero window", scenes::ZeroWindow, Cause::kWindow, Side::kClient, true},
};

TEST_CASE("classify: each labelled case, with the stamps of both ends") {
  for (const Labelled& one : kCases) {
    CAPTURE(one.name);
    const RunFinding finding = FindingOf(one.scene().evidence());
    CAPTURE(AllReasons(finding));
    CHECK(NameOf(finding.cause) == NameOf(one.cause));
    CHECK(NameOf(finding.side) == NameOf(one.side));
    CHECK(finding.proven_by_hold == one.proven);
    CHECK(!finding.reasons.empty());
  }
}

TEST_CASE("classify: on two hosts the same, whatever their clocks say") {
  for (const Labelled& one : kCases) {
    CAPTURE(one.name);
    const RunFinding finding = FindingOf(one.scene().ServerAhead(7.5e9), false);
    CAPTURE(AllReasons(finding));
    CHECK(NameOf(finding.cause) == NameOf(one.cause));
    CHECK(NameOf(finding.side) == NameOf(one.side));
  }
}

TEST_CASE("classify: without stamps nothing is proven") {
  for (const Labelled& one : kCases) {
    CAPTURE(one.name);
    CHECK_FALSE(FindingOf(one.scene().WithoutStamps()).proven_by_hold);
  }
}

TEST_CASE("classify: without stamps counters still tell what is likely") {
  const auto likely = [](const RunBuilder& scene) { return FindingOf(scene.WithoutStamps()); };
  CHECK(likely(scenes::NagleStall()).cause == Cause::kNagleDelayedAck);
  CHECK(likely(scenes::NagleStall()).side == Side::kClient);
  CHECK(likely(scenes::ServerNagleStall()).side == Side::kServer);
  CHECK(likely(scenes::TwoSided()).side == Side::kBoth);
  CHECK(likely(scenes::SlowBody()).cause == Cause::kApplication);
  CHECK(likely(scenes::CorkLeftOpen()).cause == Cause::kCork);
  CHECK(likely(scenes::TailLoss()).cause == Cause::kLoss);
  CHECK(likely(scenes::Pacing()).cause == Cause::kPacing);
  CHECK(likely(scenes::ZeroWindow()).cause == Cause::kWindow);
  CHECK(likely(scenes::Hiccup()).cause == Cause::kUnknown);
  CHECK(Says(likely(scenes::NagleStall()), "counters alone"));
}

TEST_CASE("classify: what was sent again and had come already was not lost") {
  RunBuilder scene = scenes::TailLoss();
  scene.evidence().client.counters.emplace_back("TCPDSACKRecvSegs", 1);
  scene.evidence().server->counters.emplace_back("TCPDSACKRecvSegs", 1);
  CHECK(FindingOf(scene.WithoutStamps()).cause != Cause::kLoss);
}

TEST_CASE("classify: an echo peer's stall that the client does not hold is likely the server's") {
  const RunFinding own = FindingOf(scenes::NagleStall().WithoutServer());
  CHECK(own.cause == Cause::kNagleDelayedAck);
  CHECK(own.side == Side::kClient);
  CHECK(own.proven_by_hold);
  CHECK(Says(own, "server's counters are not known"));

  const RunFinding other = FindingOf(scenes::ServerNagleStall().WithoutServer());
  CHECK(other.cause == Cause::kUnknown);
  CHECK(other.side == Side::kServer);
  CHECK_FALSE(other.proven_by_hold);
  CHECK(Says(other, "likely the server"));
  CHECK(Says(other, "TCP_QUICKACK"));
}

TEST_CASE("classify: never Nagle where TCP_NODELAY is on, whatever the counters say") {
  RunBuilder scene = scenes::NagleStall();
  scene.evidence().spec.traffic.client_options.nagle = Nagle::kOff;
  CHECK(FindingOf(scene.evidence()).cause != Cause::kNagleDelayedAck);
  CHECK(FindingOf(scene.WithoutStamps()).cause != Cause::kNagleDelayedAck);
}

TEST_CASE("classify: the send queue proves a hold where its stamp is missing") {
  RunBuilder scene = scenes::NagleStall();
  for (Event& event : scene.evidence().client.events) event.sched_ns.reset();
  const RunFinding seen = FindingOf(scene.evidence());
  CHECK(seen.cause == Cause::kNagleDelayedAck);
  CHECK(seen.proven_by_hold);
  CHECK(Says(seen, "send queue"));
  for (Event& event : scene.evidence().client.events) event.notsent_bytes.reset();
  const RunFinding blind = FindingOf(scene.evidence());
  CHECK(blind.cause == Cause::kNagleDelayedAck);
  CHECK_FALSE(blind.proven_by_hold);
}

TEST_CASE("classify: a counter that contradicts is said") {
  RunBuilder scene = scenes::NagleStall();
  CHECK_FALSE(Says(FindingOf(scene.evidence()), "against it"));
  scene.evidence().server->counters.clear();
  CHECK(
      Says(FindingOf(scene.evidence()), "against it: DelayedACKs of the server's host rose by 0"));
}

TEST_CASE(
    "classify: a delay in the place of a delayed ACK is loss only where the counters say so") {
  RunBuilder scene = scenes::NagleStall();
  scene.evidence().client.tcp.retransmitted_segments = 1;
  CHECK(FindingOf(scene.evidence()).cause == Cause::kNagleDelayedAck);
}

TEST_CASE("report: stalls, examples and the mean of the stalled ones") {
  const RunReport report = ReportOf(scenes::NagleStall().evidence());
  CHECK(report.stalls.count == 10);
  CHECK(report.stalls.n == 13);
  REQUIRE(report.stalled_example);
  REQUIRE(report.clean_example);
  CHECK(report.timelines[*report.stalled_example].exchange >= 3);
  CHECK(report.timelines[*report.clean_example].exchange < 3);
  CHECK(report.attribution.Total() == Nanos(44'080));
  const RunReport clean = ReportOf(scenes::Clean().evidence());
  CHECK(clean.stalls.count == 0);
  CHECK(clean.attribution.Total() == Nanos(60));
  CHECK_FALSE(clean.stalled_example);
}

}  // namespace
}  // namespace tunewire
