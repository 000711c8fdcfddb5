// Where an exchange's time went, of timelines made by hand: every nanosecond once.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "probe/classify.h"
#include "tunewire/probe/attribution.h"
#include "unit/probe/scenes.h"
#include "unit/probe/timeline_builder.h"

namespace tunewire {
namespace {

PathFacts OneClock() {
  PathFacts facts;
  facts.one_clock = true;
  facts.timers.min_rtt_ns = Nanos(20);
  return facts;
}

Timeline Last(const RunEvidence& run, const PathFacts& facts = OneClock()) {
  const std::vector<Timeline> timelines = BuildTimelines(run, facts);
  REQUIRE(!timelines.empty());
  const Timeline& last = timelines.back();
  CHECK(last.attribution.Total() == last.span.end_ns - last.span.begin_ns);
  return last;
}

TEST_CASE("timelines: a second write held until a delayed ACK") {
  const Timeline line = Last(scenes::NagleStall().evidence());
  CHECK(line.attribution.delayed_ack_ns > Nanos(43'900));
  CHECK(line.attribution.nagle_ns > 0);
  CHECK(line.attribution.nagle_ns < Nanos(30));
  CHECK(line.client_share.delayed_ack_ns == line.attribution.delayed_ack_ns);
  CHECK(line.server_share.delayed_ack_ns == 0);
  CHECK(line.attribution.network_ns + line.attribution.application_ns < Nanos(100));
}

TEST_CASE("timelines: both ends write twice, each waits for the other's timer") {
  const Timeline line = Last(scenes::TwoSided().evidence());
  CHECK(line.client_share.delayed_ack_ns > Nanos(43'000));
  CHECK(line.server_share.delayed_ack_ns > Nanos(43'000));
  CHECK(line.attribution.delayed_ack_ns > Nanos(87'000));
}

TEST_CASE("timelines: a slow body is the program's, and nobody's hold") {
  const Timeline line = Last(scenes::SlowBody().evidence());
  CHECK(line.attribution.application_ns > Nanos(44'000));
  CHECK(line.client_share.application_ns > Nanos(44'000));
  CHECK(line.client_unscripted_ns < Nanos(100));
  CHECK(line.attribution.nagle_ns + line.attribution.delayed_ack_ns == 0);
}

TEST_CASE("timelines: a hold that a longer pause of the peer covers costs nothing") {
  const Timeline line = Last(scenes::HoldUnderThink().evidence());
  CHECK(line.attribution.delayed_ack_ns == 0);
  CHECK(line.server_share.application_ns > Nanos(50'000));
}

TEST_CASE("timelines: cork, MSG_MORE with TCP_NODELAY, each by its own hold") {
  CHECK(Last(scenes::CorkLeftOpen().evidence()).attribution.cork_ns > Nanos(207'000));
  const Timeline more = Last(scenes::MoreLeftOpenNoDelay().evidence());
  CHECK(more.attribution.cork_ns > Nanos(207'000));
  CHECK(more.attribution.nagle_ns + more.attribution.delayed_ack_ns == 0);
}

TEST_CASE("timelines: a cork that the program closes costs what the program takes") {
  const Timeline line = Last(scenes::CorkClosed().evidence());
  CHECK(line.attribution.cork_ns < Nanos(10));
  CHECK(line.attribution.Total() < Nanos(100));
}

TEST_CASE("timelines: a lost segment needs counters or the connection's word") {
  RunBuilder scene = scenes::TailLoss();
  CHECK(Last(scene.evidence()).client_share.retransmit_ns > Nanos(204'000));
  scene.evidence().client.tcp.retransmitted_segments = 0;
  const Timeline slow = Last(scene.evidence());
  CHECK(slow.attribution.retransmit_ns == 0);
  CHECK(slow.attribution.network_ns > Nanos(204'000));
}

TEST_CASE("timelines: bytes that came behind a lost segment waited for the resend, not a CPU") {
  const Timeline line = Last(scenes::HoleFilledLate().evidence());
  CHECK(line.client_share.retransmit_ns > Nanos(73'900));
  CHECK(line.server_unscripted_ns < Nanos(50));
}

TEST_CASE("timelines: pacing only where the congestion control paces") {
  PathFacts facts = OneClock();
  CHECK(Last(scenes::Pacing().evidence(), facts).attribution.pacing_ns == 0);
  facts.client_paced = true;
  CHECK(Last(scenes::Pacing().evidence(), facts).client_share.pacing_ns > Nanos(14'900));
  CHECK(Last(scenes::NagleStall().evidence(), facts).attribution.pacing_ns < Nanos(5));
}

TEST_CASE("timelines: a closed window, a program that does not run") {
  CHECK(Last(scenes::ZeroWindow().evidence()).client_share.window_ns > Nanos(299'000));
  const Timeline hiccup = Last(scenes::Hiccup().evidence());
  CHECK(hiccup.server_unscripted_ns > Nanos(39'900));
  CHECK(hiccup.server_share.application_ns == hiccup.server_unscripted_ns);
}

TEST_CASE("timelines: a long path holds for its round trip, the rest is the delayed ACK") {
  PathFacts facts = OneClock();
  facts.timers.min_rtt_ns = Nanos(220'000);
  const Timeline line = Last(scenes::LongPath().evidence(), facts);
  CHECK(line.attribution.network_ns >= Nanos(220'000));
  CHECK(line.attribution.nagle_ns > Nanos(219'000));
  CHECK(line.attribution.delayed_ack_ns > Nanos(43'000));
  CHECK(line.attribution.delayed_ack_ns < Nanos(45'000));
}

TEST_CASE("timelines: an ACK awaited without a hold is the peer's delay") {
  const Timeline line = Last(scenes::AwaitedAck().evidence());
  CHECK(line.attribution.delayed_ack_ns > Nanos(39'000));
  CHECK(line.attribution.nagle_ns == 0);
}

TEST_CASE("timelines: another clock is brought home, and its error said") {
  for (const double ahead : {0.0, 5e9, -3e9}) {
    CAPTURE(ahead);
    PathFacts facts = OneClock();
    facts.one_clock = false;
    const RunEvidence run = scenes::NagleStall().ServerAhead(ahead);
    const Timeline line = Last(run, facts);
    CHECK(line.attribution.delayed_ack_ns > Nanos(43'900));
    CHECK(line.clock_error_ns > 0);
    CHECK(line.clock_error_ns < Nanos(20));
    const std::int64_t truth = scenes::NagleStall().evidence().server->events.back().begin_ns;
    CHECK(std::abs(line.server.back().begin_ns - truth) <= line.clock_error_ns);
  }
}

TEST_CASE("timelines: an echo peer leaves the client's holds, and network for the rest") {
  const Timeline line = Last(scenes::NagleStall().WithoutServer());
  CHECK(line.server.empty());
  CHECK(line.attribution.delayed_ack_ns > Nanos(43'900));
  CHECK(line.server_share == Attribution{});
}

TEST_CASE("timelines: no stamp is invented") {
  RunEvidence run = scenes::NagleStall().evidence();
  for (Event& event : run.client.events) event.sched_ns.reset();
  const Timeline line = Last(run);
  CHECK(line.attribution.nagle_ns + line.attribution.delayed_ack_ns == 0);
  CHECK(line.attribution.network_ns > Nanos(43'000));
}

TEST_CASE("timelines: exchanges with a step missing are left out") {
  RunBuilder scene = scenes::NagleStall();
  const std::size_t all = BuildTimelines(scene.evidence(), OneClock()).size();
  scene.evidence().server->events.pop_back();
  CHECK(BuildTimelines(scene.evidence(), OneClock()).size() == all - 1);
  scene.evidence().client.events.clear();
  CHECK(BuildTimelines(scene.evidence(), OneClock()).empty());
}

/// Times and stamps that need not make sense.
RunEvidence Disorder(std::mt19937& random) {
  const auto any = [&random](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(random);
  };
  const char* scripts[] = {"w200 w1000 r100", "cork w200 s5 w1000 uncork r100", "m200 w1000 a r100",
                           "w1200 r100"};
  RunBuilder scene(scripts[any(3)], any(1) == 0 ? "r1200 s5 w100" : "r200 r1000 w60 w40");
  RunEvidence run = scene.evidence();
  if (any(3) == 0) run.client.tcp.retransmitted_segments = 1;
  if (any(3) == 0) run.client.tcp.window_limited_ns = any(1'000'000);
  const auto fill = [&](std::vector<Event>& events, const Script& script, std::uint32_t exchange) {
    std::int64_t now = 1'000'000 * exchange + any(300'000);
    for (std::uint32_t step = 0; step < script.size(); ++step) {
      Event event;
      event.kind = script[step].kind;
      event.exchange = exchange;
      event.step = step;
      for (const std::uint32_t size : script[step].sizes) event.bytes += size;
      event.begin_ns = now += any(100'000);
      event.end_ns = now += any(100'000);
      for (auto* stamp : {&event.sched_ns, &event.sent_ns, &event.acked_ns, &event.arrived_ns}) {
        if (any(3) > 0) *stamp = event.begin_ns - 100'000 + any(500'000);
      }
      events.push_back(event);
    }
  };
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::int64_t begin = 1'000'000 * i + any(100'000);
    run.exchanges.push_back({begin, begin, begin + any(any(1) == 0 ? 2'000'000 : 90'000'000)});
    fill(run.client.events, run.spec.traffic.client, i);
    fill(run.server->events, run.spec.traffic.server, i);
  }
  if (any(4) == 0) run.server.reset();
  return run;
}

TEST_CASE("timelines: whatever the stamps say, the parts add up and a finding is made") {
  std::mt19937 random(20250307);
  for (int turn = 0; turn < 4000; ++turn) {
    const RunEvidence run = Disorder(random);
    PathFacts facts = OneClock();
    facts.one_clock = turn % 2 == 0;
    facts.client_paced = turn % 3 == 0;
    for (const Timeline& line : BuildTimelines(run, facts)) {
      CAPTURE(turn);
      CHECK(line.attribution.Total() == line.span.end_ns - line.span.begin_ns);
      const Attribution& one = line.client_share;
      const Attribution& two = line.server_share;
      CHECK(one.Total() + two.Total() + line.attribution.network_ns == line.attribution.Total());
      CHECK(line.client_unscripted_ns <= one.application_ns);
      CHECK(line.server_unscripted_ns <= two.application_ns);
    }
    const RunFinding finding = ClassifyRun(ReportRun(RunRole::kAsked, "", 0, run, turn % 2 == 0));
    CHECK(!finding.reasons.empty());
  }
}

}  // namespace
}  // namespace tunewire
