// The probe's two hosts, on one: what a good client gets.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "unit/probe/serve_aids.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

std::int64_t Stalled(const RunEvidence& run) {
  return std::count_if(run.exchanges.begin(), run.exchanges.end(), [](const Exchange& exchange) {
    return exchange.end_ns - exchange.begin_ns > 30'000'000;
  });
}

}  // namespace

TEST_CASE("two writes stall between two hosts, and the server brings its evidence") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  CHECK((*ends)->Describe() == server.Address());
  CHECK((*ends)->OneHost());

  const auto run = (*ends)->Run(Runs(Nagle::kOn, 20), GoOn);
  REQUIRE(run);
  CHECK(run->latency.count() == 20);
  CHECK_FALSE(run->interrupted);
  CHECK(Stalled(*run) >= 10);  // nearly all of them, where nobody else uses the machine

  REQUIRE(run->server);
  CHECK(run->server->events.size() == 40);
  CHECK(ChangeOf(run->server->counters, "DelayedACKs") >= 10);
  CHECK(run->server->facts.hz > 0);
  CHECK_FALSE(run->server->facts.kernel.empty());
  CHECK(run->server->tcp.congestion == "reno");
  const Event& answer = run->server->events[1];
  CHECK(answer.kind == StepKind::kWrite);
  CHECK(answer.bytes == 100);
  CHECK(answer.acked_ns.has_value());
  // Not the first: the kernel begins to stamp what arrives a moment after it was asked to.
  CHECK(run->server->events[4].arrived_ns.has_value());
}

TEST_CASE("with TCP_NODELAY they do not, on the same session") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  for (int i = 0; i < 3; ++i) {
    const auto run = (*ends)->Run(Runs(Nagle::kOff, 200), GoOn);
    REQUIRE(run);
    CHECK(run->latency.count() == 200);
    CHECK(Stalled(*run) <= 20);
    CHECK(run->server.has_value());
  }
}

TEST_CASE("without stamps the evidence has counters and no events") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  RunSpec spec = Runs(Nagle::kOff, 50);
  spec.stamping = Stamping::kOff;
  const auto run = (*ends)->Run(spec, GoOn);
  REQUIRE(run);
  REQUIRE(run->server);
  CHECK(run->server->events.empty());
  CHECK(run->server->tcp.rtt_ns.has_value());
}

TEST_CASE("evidence of many exchanges comes in several frames") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  const auto run = (*ends)->Run(Runs(Nagle::kOff, 1500), GoOn);
  REQUIRE(run);
  REQUIRE(run->server);
  CHECK(run->server->events.size() == kMostTimelines * 2);
  CHECK(run->server->events.size() > kEventsAFrame);
}

TEST_CASE("a maximum segment size and IPv6 are nothing special") {
  ProbeServer server("::1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  RunSpec spec = Runs(Nagle::kOff, 20);
  spec.traffic.mss = 1428;
  const auto run = (*ends)->Run(spec, GoOn);
  REQUIRE(run);
  REQUIRE(run->server);
  CHECK(run->server->tcp.send_mss.value_or(0) <= 1428);
}

TEST_CASE("a run that is stopped in the middle still brings the server's evidence") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  const auto stop_early = [](std::uint64_t done, std::chrono::nanoseconds) { return done >= 5; };
  const auto run = (*ends)->Run(Runs(Nagle::kOn, 1000), stop_early);
  REQUIRE(run);
  CHECK(run->interrupted);
  CHECK(run->latency.count() >= 5);
  CHECK(run->latency.count() < 1000);
  REQUIRE(run->server);
  CHECK(run->server->events.size() == run->latency.count() * 2);
  CHECK(GoodClientIsAnswered(server));
}

TEST_CASE("a duration instead of a count") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  RunSpec spec = Runs(Nagle::kOff, 0);
  spec.duration = milliseconds(200);
  const auto run = (*ends)->Run(spec, GoOn);
  REQUIRE(run);
  CHECK(run->latency.count() > 0);
  CHECK(run->server.has_value());
}

TEST_CASE("what the server's kernel cannot do is its error, not a lost peer") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  RunSpec spec = Runs(Nagle::kOff, 20);
  spec.traffic.server_options.congestion = "no_such";
  const auto run = (*ends)->Run(spec, GoOn);
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "not_supported");
  CHECK(run.error().operation.find("TCP_CONGESTION") != std::string::npos);
  CHECK((*ends)->Run(Runs(Nagle::kOff, 20), GoOn));
}

TEST_CASE("what is beyond the limits is said before anything is sent") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  RunSpec spec = Runs(Nagle::kOff, 20);
  spec.think = std::chrono::hours(1);
  const auto run = (*ends)->Run(spec, GoOn);
  REQUIRE_FALSE(run);
  CHECK(run.error().kind == ErrorKind::kUsage);
  CHECK(run.error().code == "beyond_limits");
  spec = Runs(Nagle::kOff, 20);
  spec.traffic.server[0].sizes = {1000};
  CHECK((*ends)->Run(spec, GoOn).error().code == "size_mismatch");
}

TEST_CASE("a server that dies in the middle of a run is a lost peer") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  const auto run = (*ends)->Run(Runs(Nagle::kOn, 1000), [&](std::uint64_t done, auto) {
    if (done >= 3) server.Kill();
    return false;
  });
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "peer_gone");
  CHECK(run.error().subject == server.Address());
  const auto again = (*ends)->Run(Runs(Nagle::kOn, 10), GoOn);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "refused");
}

TEST_CASE("after so many sessions the server returns, and says what it did") {
  ProbeServer server("127.0.0.1", 2);
  CHECK(GoodClientIsAnswered(server));
  CHECK(GoodClientIsAnswered(server));
  const std::string notes = server.AwaitEnd();
  CHECK(std::count(notes.begin(), notes.end(), '\n') == 2);
  CHECK(notes.find(" (tunewire ") != std::string::npos);
  CHECK(notes.find("): 1 run, bye") != std::string::npos);
}

TEST_CASE("a server that is to stop does, in the middle of a run") {
  ProbeServer server("127.0.0.1", 0);
  const auto ends = RemoteEnds(server.Address());
  REQUIRE(ends);
  std::string notes;
  const auto run = (*ends)->Run(Runs(Nagle::kOn, 1000), [&](std::uint64_t done, auto) {
    if (done >= 3 && notes.empty()) notes = server.Stop();
    return false;
  });
  CHECK_FALSE(run);
  CHECK_FALSE(notes.empty());
}

TEST_CASE("a server has no privileges by the time it listens") {
  ProbeServer server("127.0.0.1", 0);
  if (::geteuid() == 0) CHECK(server.StatusLine("Uid") == "\t65534\t65534\t65534\t65534");
  CHECK(server.StatusLine("CapEff") == "\t0000000000000000");
  CHECK(server.StatusLine("NoNewPrivs") == "\t1");
  CHECK(server.StatusLine("Groups").find_first_not_of("\t ") == std::string::npos);
}

TEST_CASE("an address that is taken, or not ours, is an error of binding") {
  ProbeServer server("127.0.0.1", 0);
  const ServeEvents events{.ready = [](auto&&, auto) { FAIL("bound"); },
                           .note = [](auto&&) {},
                           .stop = [] { return true; }};
  const Status taken = Serve({.listen = "127.0.0.1", .port = server.port()}, events);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().operation == "bind");
  CHECK_FALSE(Serve({.listen = "192.0.2.1", .port = 0}, events));
}

}  // namespace tunewire
