#include "tunewire/probe/experiment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "support/fake_ends.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const ProbeWatch kNoWatch;

ProbeRequest Ask(const char* pattern, Writer writer = Writer::kClient) {
  ProbeRequest request;
  request.traffic = NamedTraffic(pattern, Shape{}, writer).value();
  return request;
}

FakeKernel Ethernet() {
  FakeKernel kernel;
  kernel.mss = 1448;
  return kernel;
}

ProbeResult Probe(FakeEnds& ends, const ProbeRequest& request) {
  const Result<ProbeResult> result = RunProbe(ends, request, Noise{}, kNoWatch);
  REQUIRE(result);
  return *result;
}

const RunReport* Find(const ProbeResult& result, RunRole role, std::uint32_t mss = 0) {
  const auto found = std::ranges::find_if(result.runs, [&](const RunReport& run) {
    return run.role == role && run.evidence.spec.traffic.mss == mss;
  });
  return found == result.runs.end() ? nullptr : &*found;
}

bool Warns(const ProbeResult& result, const std::string& text) {
  return std::ranges::any_of(result.verdict.warnings, [&](const std::string& warning) {
    return warning.find(text) != std::string::npos;
  });
}

seconds TimeOf(const FakeEnds& ends) {
  return std::chrono::ceil<seconds>(ends.now - FakeEnds({}).now);
}

TEST_CASE("experiment: the default on loopback answers in every way, at both MSS, under 10 s") {
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  for (const std::uint32_t mss : {0U, kEthernetSegment}) {
    CAPTURE(mss);
    for (const RunRole role :
         {RunRole::kAsked, RunRole::kNoDelay, RunRole::kQuickAckOnce, RunRole::kQuickAckAlways,
          RunRole::kDelackMax, RunRole::kOneWritev}) {
      CAPTURE(NameOf(role));
      CHECK(Find(result, role, mss) != nullptr);
    }
  }
  CHECK(result.runs.front().role == RunRole::kAsked);
  CHECK(result.verdict.stall);
  CHECK(result.verdict.cause == Cause::kNagleDelayedAck);
  CHECK(result.verdict.side == Side::kClient);
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
  CHECK_FALSE(result.partial);
  CHECK(TimeOf(ends) < seconds{10});
  CHECK(Warns(result, "TCP_QUICKACK set once does not last"));
}

TEST_CASE("experiment: whatever an exchange costs, all of it ends under 10 s") {
  for (const char* pattern : {"one_write", "two_writes", "cork_left_open", "msg_more_left_open"}) {
    for (const Writer writer : {Writer::kClient, Writer::kServer, Writer::kBoth}) {
      CAPTURE(pattern);
      FakeEnds ends({});
      Probe(ends, Ask(pattern, writer));
      CHECK(TimeOf(ends) <= seconds{10});
      CHECK(ends.specs.size() < 60);
    }
  }
}

TEST_CASE("experiment: blocks are interleaved A B A B A") {
  FakeEnds ends(Ethernet());
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  const RunReport* asked = Find(result, RunRole::kAsked);
  REQUIRE(asked != nullptr);
  std::vector<std::uint32_t> asked_places;
  for (const RunBlock& block : asked->blocks) {
    if (block.stamping == Stamping::kOff) asked_places.push_back(block.place);
  }
  REQUIRE(asked_places.size() == 3);
  for (const RunReport& run : result.runs) {
    if (run.role == RunRole::kAsked) continue;
    CAPTURE(run.label);
    std::vector<std::uint32_t> places;
    for (const RunBlock& block : run.blocks) {
      if (block.stamping == Stamping::kOff) places.push_back(block.place);
    }
    REQUIRE(places.size() == 2);
    CHECK(asked_places[0] < places[0]);
    CHECK(places[0] < asked_places[1]);
    CHECK(asked_places[1] < places[1]);
    CHECK(places[1] < asked_places[2]);
  }
}

TEST_CASE("experiment: latencies come from blocks without stamps, proof from stamped ones") {
  FakeEnds ends(Ethernet());
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  const RunReport* asked = Find(result, RunRole::kAsked);
  REQUIRE(asked != nullptr);
  std::uint64_t plain = 0;
  std::uint64_t stamped = 0;
  for (const RunBlock& block : asked->blocks) {
    (block.stamping == Stamping::kOff ? plain : stamped) += block.n;
  }
  CHECK(asked->evidence.latency.count() == plain);
  CHECK(asked->evidence.exchanges.size() == plain);
  CHECK(asked->stalls.n == plain);
  CHECK(asked->timelines.size() == stamped);
  CHECK(asked->stalled_example.has_value());
  CHECK(asked->evidence.early.count() <= kEarly);

  ProbeRequest request = Ask("two_writes");
  request.stamping = Stamping::kOff;
  FakeEnds blind(Ethernet());
  const ProbeResult without = Probe(blind, request);
  CHECK(without.runs.front().timelines.empty());
  CHECK(std::ranges::none_of(blind.specs,
                             [](const RunSpec& spec) { return spec.stamping == Stamping::kOn; }));
  CHECK(without.verdict.cause == Cause::kNagleDelayedAck);
  CHECK(without.verdict.confidence == Confidence::kConfirmed);
}

TEST_CASE("experiment: --count is kept to the exchange, in one block") {
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{150}}) {
    ProbeRequest request = Ask("two_writes");
    request.count = count;
    FakeEnds ends(Ethernet());
    const ProbeResult result = Probe(ends, request);
    CHECK(ends.specs.front().count == count);
    CHECK(ends.specs.front().duration.count() == 0);
    CHECK(result.runs.front().evidence.latency.count() == count);
    CHECK(result.verdict.cause == (count == 1 ? Cause::kNone : Cause::kNagleDelayedAck));
  }
}

TEST_CASE("experiment: duration, interval and think time reach the runs") {
  ProbeRequest request = Ask("two_writes");
  request.duration = seconds{3};
  request.interval = milliseconds{60};
  request.think = milliseconds{5};
  FakeEnds ends(Ethernet());
  const ProbeResult result = Probe(ends, request);
  CHECK(ends.specs.front().duration == seconds{3});
  for (const RunSpec& spec : ends.specs) {
    CHECK(spec.interval == milliseconds{60});
    CHECK(spec.think == milliseconds{5});
  }
  CHECK(result.runs.front().evidence.elapsed_ns < 4'000'000'000);
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
}

TEST_CASE("experiment: long think times still leave enough exchanges to judge") {
  ProbeRequest request = Ask("two_writes");
  request.think = milliseconds{700};
  FakeEnds ends(Ethernet());
  const ProbeResult result = Probe(ends, request);
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
  CHECK(Warns(result, "left out to end within 10 s"));
  CHECK(TimeOf(ends) < seconds{25});
}

TEST_CASE("experiment: without proof only the traffic as asked runs, and Nagle is not confirmed") {
  ProbeRequest request = Ask("two_writes");
  request.proof = Proof::kNone;
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, request);
  CHECK(result.runs.size() == 1);
  CHECK(result.verdict.stall);
  CHECK(result.verdict.cause == Cause::kNagleDelayedAck);  // the hold was seen
  CHECK(result.verdict.confidence == Confidence::kLikely);
  for (const Fix& fix : result.verdict.fixes) CHECK_FALSE(fix.tried.has_value());

  request.stamping = Stamping::kOff;
  FakeEnds blind({});
  const ProbeResult neither = Probe(blind, request);
  CHECK(neither.verdict.stall);
  CHECK(neither.verdict.cause == Cause::kUnknown);
}

TEST_CASE("experiment: no stall, no variations") {
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, Ask("one_write"));
  CHECK_FALSE(result.verdict.stall);
  CHECK(result.verdict.cause == Cause::kNone);
  CHECK(result.verdict.fixes.empty());
  REQUIRE(result.runs.size() == 2);
  CHECK(result.runs[1].evidence.spec.traffic.mss == kEthernetSegment);
}

TEST_CASE("experiment: a stall that only loopback shows, and none at another path's MSS to try") {
  ProbeRequest request = Ask("two_writes");
  request.traffic =
      NamedTraffic("two_writes", Shape{.writes = {200, 5000}}, Writer::kClient).value();
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, request);
  CHECK(result.verdict.stall);
  CHECK(Warns(result, "only loopback shows the stall"));

  FakeEnds wire(Ethernet());
  const ProbeResult plain = Probe(wire, request);
  CHECK_FALSE(plain.verdict.stall);
  CHECK(plain.runs.size() == 1);
}

TEST_CASE("experiment: an MSS that was asked for is the only one") {
  ProbeRequest request = Ask("two_writes");
  request.traffic =
      NamedTraffic("two_writes", Shape{.writes = {200, 300}}, Writer::kClient).value();
  request.traffic.mss = 536;
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, request);
  for (const RunSpec& spec : ends.specs) CHECK(spec.traffic.mss == 536);
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
}

TEST_CASE("experiment: sparse stalls by tcp_pingpong_thresh are found and confirmed") {
  for (const int thresh : {2, 3, 8}) {
    CAPTURE(thresh);
    FakeKernel kernel = Ethernet();
    kernel.pingpong_thresh = thresh;
    FakeEnds ends(kernel);
    const ProbeResult result = Probe(ends, Ask("two_writes"));
    CHECK(result.runs.front().stalls.period == static_cast<std::uint32_t>(thresh));
    CHECK(result.verdict.cause == Cause::kNagleDelayedAck);
    CHECK(result.verdict.confidence == Confidence::kConfirmed);
  }
}

TEST_CASE("experiment: what this kernel lacks is left out and named") {
  FakeKernel kernel = Ethernet();
  kernel.has_delack_max = false;
  FakeEnds ends(kernel);
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  CHECK(Find(result, RunRole::kDelackMax) == nullptr);
  CHECK(
      Warns(result, "delayed-ACK maximum 8 ms was left out: this kernel has no TCP_DELACK_MAX_US"));
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
  CHECK_FALSE(result.partial);
  const auto tries = std::ranges::count_if(ends.specs, [](const RunSpec& spec) {
    return spec.traffic.server_options.delack_max.has_value();
  });
  CHECK(tries == 1);
}

TEST_CASE("experiment: an echo peer's options are left alone") {
  FakeKernel kernel = Ethernet();
  kernel.echoes = true;
  FakeEnds ends(kernel);
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  CHECK(Find(result, RunRole::kNoDelay) != nullptr);
  CHECK(Find(result, RunRole::kQuickAckAlways) != nullptr);
  for (const RunSpec& spec : ends.specs) CHECK(spec.traffic.server_options == EndOptions{});
}

Error Refused() {
  return {.kind = ErrorKind::kIo, .code = "refused", .message = "connection refused"};
}

TEST_CASE("experiment: an error of the first run is the error") {
  FakeEnds ends({});
  ends.errors[0] = Refused();
  const Result<ProbeResult> result = RunProbe(ends, Ask("two_writes"), Noise{}, kNoWatch);
  REQUIRE_FALSE(result);
  CHECK(result.error() == Refused());
  CHECK(ends.specs.size() == 1);
}

TEST_CASE("experiment: an error of any later run is a warning; the rest goes on") {
  for (std::size_t run = 1; run < 18; ++run) {
    CAPTURE(run);
    FakeEnds ends(Ethernet());
    ends.errors[run] = Refused();
    const ProbeResult result = Probe(ends, Ask("two_writes"));
    CHECK(Warns(result, "failed: connection refused"));
    CHECK(result.verdict.stall);
    CHECK_FALSE(result.partial);
  }
}

TEST_CASE("experiment: a peer that is gone for good ends it, with what there is") {
  FakeEnds ends(Ethernet());
  for (std::size_t run = 5; run < 100; ++run) ends.errors[run] = Refused();
  const ProbeResult result = Probe(ends, Ask("two_writes"));
  CHECK(result.partial);
  CHECK(ends.specs.size() == 7);
  CHECK(result.verdict.stall);
}

TEST_CASE("experiment: interrupted after any time it keeps what there is") {
  for (int stop_at = 0; stop_at < 70; stop_at += 3) {
    CAPTURE(stop_at);
    FakeEnds ends({});
    int asked = 0;
    const ProbeWatch watch = [&](const ProbeProgress&) { return asked++ >= stop_at; };
    const Result<ProbeResult> result = RunProbe(ends, Ask("two_writes"), Noise{}, watch);
    REQUIRE(result);
    CHECK(result->partial == (asked > stop_at));
    REQUIRE_FALSE(result->runs.empty());
    CHECK(result->runs.front().stalls.n > 0);
    CHECK(result->verdict.stall);
    if (stop_at < 5) CHECK(result->verdict.confidence == Confidence::kLikely);
  }
}

TEST_CASE("experiment: progress only goes forward and knows its end") {
  FakeEnds ends({});
  nanoseconds last{};
  std::size_t last_run = 0;
  std::set<std::string> labels;
  const ProbeWatch watch = [&](const ProbeProgress& progress) {
    CHECK(progress.elapsed >= last);
    CHECK(progress.expected >= progress.elapsed);
    CHECK(progress.run >= last_run);
    CHECK(progress.runs >= progress.run);
    CHECK(progress.expected < seconds{20});
    last = progress.elapsed;
    last_run = progress.run;
    labels.insert(progress.label);
    return false;
  };
  REQUIRE(RunProbe(ends, Ask("two_writes"), Noise{}, watch));
  CHECK(last_run > 20);
  CHECK(labels.contains("as asked"));
  CHECK(labels.contains("TCP_QUICKACK once, MSS 1460"));
}

TEST_CASE("experiment: the same stalls make the same report") {
  FakeEnds one({});
  FakeEnds two({});
  CHECK(Probe(one, Ask("two_writes")).verdict == Probe(two, Ask("two_writes")).verdict);
}

TEST_CASE("experiment: a noisy or coarse machine is named") {
  FakeEnds ends(Ethernet());
  const Noise noise{.clock_resolution_ns = 4'000'000, .largest_gap_ns = 30'000'000};
  const Result<ProbeResult> result = RunProbe(ends, Ask("two_writes"), noise, kNoWatch);
  REQUIRE(result);
  CHECK(Warns(*result, "the clock is coarse: it advances by 4.0 ms"));
  CHECK(Warns(*result, "pauses a running program for up to 30.0 ms: results are doubtful"));
}

}  // namespace
}  // namespace tunewire
