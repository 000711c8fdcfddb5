#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "probe/sweep_point.h"
#include "support/fake_ends.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

Traffic TwoWrites(Writer writer = Writer::kClient) {
  return NamedTraffic("two_writes", Shape{}, writer).value();
}

/// Delayed ACKs to the millisecond, and a reader that forgets ping-pong mode while it is idle.
FakeKernel Sharp() {
  FakeKernel kernel;
  kernel.delayed_ack = std::chrono::microseconds{41'500};
  kernel.idle_limit = std::chrono::microseconds{40'500};
  return kernel;
}

SweepResult RunIt(FakeEnds& ends, const SweepRequest& request) {
  Result<SweepResult> result = RunSweep(ends, request, {});
  REQUIRE(result);
  return std::move(*result);
}

const SweepEdge* EdgeOf(const SweepResult& result, const std::string& axis, std::uint32_t mss = 0) {
  const auto found = std::ranges::find_if(
      result.edges, [&](const SweepEdge& edge) { return edge.axis == axis && edge.mss == mss; });
  return found == result.edges.end() ? nullptr : &*found;
}

TEST_CASE("sweep: every edge to the byte and the millisecond, in a bounded number of runs") {
  FakeEnds ends(Sharp());
  const SweepResult result = RunIt(ends, {TwoWrites(), {0, 1448}, seconds{60}});
  CHECK_FALSE(result.partial);
  CHECK(ends.specs.size() < 120);
  for (const std::uint32_t mss : {1448U, 0U}) {
    const std::int64_t full = mss == 0 ? 65483 : 1448;
    CAPTURE(mss);
    for (const char* axis : {"second_write", "first_write"}) {
      CAPTURE(axis);
      const SweepEdge* edge = EdgeOf(result, axis, mss);
      REQUIRE(edge != nullptr);
      CHECK(edge->stalls_from == 1);
      CHECK(edge->stalls_up_to == full - 1);
      CHECK(edge->clean_from == full);
    }
    const SweepEdge* gap = EdgeOf(result, "gap", mss);
    REQUIRE(gap != nullptr);
    CHECK(gap->stalls_up_to == 40'000);
    CHECK(gap->clean_from == 41'000);
    const SweepEdge* think = EdgeOf(result, "think", mss);
    REQUIRE(think != nullptr);
    CHECK(think->stalls_up_to == 40'000);
    CHECK(think->clean_from == 41'000);
  }
  REQUIRE(result.sentences.size() == 3);
  CHECK(result.sentences[0] ==
        "at loopback's MSS (65483): stalls with second write 1..65482 bytes, first write "
        "1..65482 bytes, gap under 41 ms, think time under 41 ms");
  CHECK(result.sentences[1] ==
        "at MSS 1448: stalls with second write 1..1447 bytes, first write 1..1447 bytes, gap under "
        "41 ms, think time under 41 ms");
  CHECK(result.sentences[2] ==
        "only loopback shows the stall of second writes of 1448..65482 bytes");
}

TEST_CASE("sweep: an edge where no MSS hints at it is halved to the byte all the same") {
  // An MSS of which TCP_INFO knows nothing.
  class Silent : public FakeEnds {
   public:
    using FakeEnds::FakeEnds;
    Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) override {
      Result<RunEvidence> run = FakeEnds::Run(spec, watch);
      if (run) run->client.tcp.send_mss.reset();
      return run;
    }
  };
  FakeKernel kernel;
  kernel.mss = 2777;
  Silent ends(kernel);
  const SweepResult result = RunIt(ends, {TwoWrites(), {0}, seconds{60}});
  CHECK(EdgeOf(result, "second_write")->stalls_up_to == 2776);
  CHECK(EdgeOf(result, "second_write")->clean_from == 2777);
  CHECK(ends.specs.size() < 80);
}

TEST_CASE("sweep: the server's writes, sparse stalls, and a start that does not stall") {
  FakeKernel kernel;
  kernel.mss = 1448;
  SUBCASE("the server writes") {
    FakeEnds ends(kernel);
    const SweepResult result = RunIt(ends, {TwoWrites(Writer::kServer), {0}, seconds{60}});
    CHECK(EdgeOf(result, "second_write")->stalls_up_to == 1447);
  }
  SUBCASE("both write") {
    FakeEnds ends(kernel);
    const SweepResult result = RunIt(ends, {TwoWrites(Writer::kBoth), {0}, seconds{60}});
    CHECK(EdgeOf(result, "second_write")->stalls_up_to == 1447);
  }
  SUBCASE("every 3rd exchange") {
    kernel.pingpong_thresh = 3;
    FakeEnds ends(kernel);
    const SweepResult result = RunIt(ends, {TwoWrites(), {0}, seconds{60}});
    CHECK(EdgeOf(result, "second_write")->stalls_up_to == 1447);
  }
  SUBCASE("a second write that fills a segment") {
    FakeEnds ends(kernel);
    const Traffic large =
        NamedTraffic("two_writes", Shape{.writes = {200, 9000}}, Writer::kClient).value();
    const SweepResult result = RunIt(ends, {large, {0}, seconds{60}});
    REQUIRE(EdgeOf(result, "second_write") != nullptr);
    CHECK(EdgeOf(result, "second_write")->stalls_up_to == 1447);
  }
}

TEST_CASE("sweep: where nothing stalls it says so") {
  FakeKernel kernel;
  kernel.pingpong_thresh = 1000;
  FakeEnds ends(kernel);
  Traffic traffic = TwoWrites();
  traffic.client_options.nagle = Nagle::kOff;
  const SweepResult result = RunIt(ends, {traffic, {0}, seconds{60}});
  CHECK(result.edges.empty());
  REQUIRE(result.sentences.size() == 1);
  CHECK(result.sentences[0].ends_with("nothing stalls at any size tried"));
}

TEST_CASE("sweep: ends when its time is over, with the edges as far as they are known") {
  FakeEnds ends(Sharp());
  const SweepResult result = RunIt(ends, {TwoWrites(), {0, 1448}, seconds{4}});
  CHECK(result.partial);
  CHECK(ends.now - FakeEnds({}).now < seconds{5});
  CHECK_FALSE(result.points.empty());
  CHECK_FALSE(result.edges.empty());
}

TEST_CASE("sweep: an interruption leaves what there is; a refusal at once is the error") {
  FakeEnds ends(Sharp());
  int asked = 0;
  const ProbeWatch watch = [&](const ProbeProgress& progress) {
    CHECK(progress.runs >= progress.run);
    return ++asked > 12;
  };
  const Result<SweepResult> result = RunSweep(ends, {TwoWrites(), {0}, seconds{60}}, watch);
  REQUIRE(result);
  CHECK(result->partial);
  CHECK(asked == 13);

  FakeEnds gone({});
  gone.errors[0] = {.kind = ErrorKind::kIo, .code = "refused", .message = "connection refused"};
  CHECK(RunSweep(gone, {TwoWrites(), {0}, seconds{60}}, {}).error().code == "refused");
  FakeEnds later({});
  later.errors[9] = {.kind = ErrorKind::kIo, .code = "peer_gone", .message = "the peer is gone"};
  const SweepResult cut = RunIt(later, {TwoWrites(), {0}, seconds{60}});
  CHECK(cut.partial);
  CHECK(cut.sentences.back() == "ended early: the peer is gone");
}

TEST_CASE("sweep: only two plain writes can be swept") {
  FakeEnds ends({});
  for (const char* pattern : {"one_write", "three_writes", "writev", "cork", "msg_more"}) {
    const Traffic traffic = NamedTraffic(pattern, Shape{}, Writer::kClient).value();
    const Result<SweepResult> result = RunSweep(ends, {traffic, {0}, seconds{60}}, {});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::kUsage);
    CHECK(result.error().code == "not_two_writes");
  }
  CHECK(ends.specs.empty());
}

TEST_CASE("sweep: moved traffic keeps both ends agreed") {
  for (const Writer writer : {Writer::kClient, Writer::kServer, Writer::kBoth}) {
    const Traffic traffic = TwoWrites(writer);
    const SweepPlace start = PlaceOf(traffic).value();
    CHECK(TrafficAt(traffic, start) == traffic);
    const SweepPlace place =
        start.With(Axis::kFirstWrite, 7).With(Axis::kSecondWrite, 70'000).With(Axis::kGap, 5000);
    const Traffic moved = TrafficAt(traffic, place);
    CHECK(BytesWritten(moved.client) == BytesRead(moved.server));
    CHECK(BytesWritten(moved.server) == BytesRead(moved.client));
    CHECK(PlaceOf(moved).value() == place);
    CHECK(TrafficAt(moved, start) == traffic);
  }
}

TEST_CASE("sweep: a point is decided by majority of what can stall") {
  CHECK(ExchangesFor(1) == 7);
  CHECK(ExchangesFor(8) == 25);
  CHECK(Decide(7, 6, 1) == PointDecision::kStalls);
  CHECK(Decide(7, 1, 1) == PointDecision::kClean);
  CHECK(Decide(7, 3, 1) == PointDecision::kUnclear);
  CHECK(Decide(25, 3, 8) == PointDecision::kStalls);
  CHECK(Decide(25, 0, 8) == PointDecision::kClean);
}

TEST_CASE("sweep: a hold is more than the path's own round trip") {
  const auto held = [](int latency_ms, int gap_ms, int undisturbed_ms) {
    return IsHeld(milliseconds{latency_ms}, milliseconds{gap_ms}, milliseconds{undisturbed_ms});
  };
  CHECK(held(44, 0, 0));
  CHECK(held(44, 40, 0));
  CHECK_FALSE(held(41, 40, 0));
  CHECK_FALSE(held(40, 0, 20));  // Nagle alone: one round trip more
  CHECK(held(80, 0, 20));        // and a delayed ACK
  CHECK(held(484, 0, 220));
}

}  // namespace
}  // namespace tunewire
