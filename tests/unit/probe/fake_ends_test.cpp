// The fake keeps its promise: what it says stalls, stalls on this kernel; what it says does not,
// does not.
#include "support/fake_ends.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Cell {
  const char* name;
  Traffic traffic;
};

Traffic Named(const char* pattern, Writer writer = Writer::kClient, Shape shape = {}) {
  return NamedTraffic(pattern, shape, writer).value();
}

template <class Change>
Traffic With(Traffic traffic, const Change& change) {
  change(traffic);
  return traffic;
}

std::vector<Cell> Cells() {
  const auto no_delay = [](Traffic& t) { t.client_options.nagle = Nagle::kOff; };
  const auto ethernet = [](Traffic& t) { t.mss = 1448; };
  const Shape large{.writes = {200, 5000}};
  // Two segments: of three, the kernel may send the last by itself, and its ACK may be delayed.
  const Shape large_first{.writes = {2500, 1000}};
  return {
      {"two writes", Named("two_writes")},
      {"two writes of the server", Named("two_writes", Writer::kServer)},
      {"two writes of both", Named("two_writes", Writer::kBoth)},
      {"two writes, TCP_NODELAY", With(Named("two_writes"), no_delay)},
      {"two writes, QUICKACK once",
       With(Named("two_writes"), [](Traffic& t) { t.server_options.quickack = QuickAck::kOnce; })},
      {"two writes, QUICKACK after every recv",
       With(Named("two_writes"),
            [](Traffic& t) { t.server_options.quickack = QuickAck::kAlways; })},
      {"two writes, a small MSS", With(Named("two_writes"), ethernet)},
      {"a second write beyond a small MSS",
       With(Named("two_writes", Writer::kClient, large), ethernet)},
      {"the same at loopback's", Named("two_writes", Writer::kClient, large)},
      {"a first write beyond a small MSS",
       With(Named("two_writes", Writer::kClient, large_first), ethernet)},
      {"three writes", Named("three_writes")},
      {"one write", Named("one_write")},
      {"writev", Named("writev")},
      {"MSG_MORE", Named("msg_more")},
      {"cork", Named("cork")},
      {"NODELAY as a flush", Named("nodelay_flush")},
      {"cork left open", Named("cork_left_open")},
      {"cork left open, TCP_NODELAY", With(Named("cork_left_open"), no_delay)},
      {"MSG_MORE left open", Named("msg_more_left_open")},
  };
}

RunSpec SpecOf(const Traffic& traffic) {
  RunSpec spec;
  spec.traffic = traffic;
  spec.count = 6;
  spec.duration = seconds{5};
  spec.keep = spec.count;
  return spec;
}

/// A stall is 40 ms and more; anything else ends within a fraction of it, on a busy machine too.
std::size_t Stalled(const RunEvidence& run) {
  return static_cast<std::size_t>(
      std::ranges::count_if(run.exchanges, [](const Exchange& exchange) {
        return exchange.end_ns - exchange.begin_ns >=
               std::chrono::nanoseconds{milliseconds{38}}.count();
      }));
}

TEST_CASE("fake ends: stall where this kernel stalls, and nowhere else") {
  const Result<std::unique_ptr<Ends>> real = LocalEnds("", "");
  REQUIRE(real);
  FakeEnds fake({});
  for (const Cell& cell : Cells()) {
    CAPTURE(std::string(cell.name));
    const RunSpec spec = SpecOf(cell.traffic);
    const Result<RunEvidence> measured = (*real)->Run(spec, {});
    const Result<RunEvidence> modelled = fake.Run(spec, {});
    REQUIRE(measured);
    REQUIRE(modelled);
    REQUIRE(measured->exchanges.size() == spec.count);
    // By majority: one exchange may lose its CPU, or its stall.
    const bool stalls = Stalled(*modelled) > spec.count / 2;
    CHECK((Stalled(*measured) > spec.count / 2) == stalls);
    CHECK(Stalled(*modelled) == (stalls ? std::max(Stalled(*modelled), spec.count - 1) : 0));
  }
}

TEST_CASE("fake ends: stamps tell the hold, and every write is acknowledged in its time") {
  FakeEnds fake({});
  RunSpec spec = SpecOf(Named("two_writes"));
  spec.stamping = Stamping::kOn;
  const Result<RunEvidence> run = fake.Run(spec, {});
  REQUIRE(run);
  REQUIRE(run->client.events.size() == 18);
  const Event& held = run->client.events[4];
  REQUIRE(held.sched_ns.has_value());
  CHECK(*held.sched_ns - held.begin_ns > 40'000'000);
  CHECK(held.notsent_bytes == 1000U);
  CHECK(held.unacked_segments == 1U);
  REQUIRE(run->server.has_value());
  CHECK(ChangeOf(run->server->counters, "DelayedACKs") == 5);
}

TEST_CASE("fake ends: two ends that disagree on sizes end with an error") {
  FakeEnds fake({});
  RunSpec spec = SpecOf(Named("two_writes"));
  spec.traffic.server[0].sizes = {5000};
  const Result<RunEvidence> run = fake.Run(spec, {});
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "timed_out");
}

}  // namespace
}  // namespace tunewire
