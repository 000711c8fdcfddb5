#include "probe/merge.h"

#include <doctest/doctest.h>

#include "support/fake_ends.h"

namespace tunewire {
namespace {

RunEvidence Measure(FakeEnds& ends, Stamping stamping, std::uint64_t count) {
  RunSpec spec;
  spec.traffic = NamedTraffic("two_writes", Shape{}, Writer::kClient).value();
  spec.count = count;
  spec.keep = count;
  spec.stamping = stamping;
  Result<RunEvidence> run = ends.Run(spec, {});
  REQUIRE(run);
  return std::move(*run);
}

TEST_CASE("merge: blocks add up, and their events go on counting exchanges") {
  FakeEnds ends({});
  RunEvidence all = Measure(ends, Stamping::kOn, 30);
  const RunEvidence more = Measure(ends, Stamping::kOn, 5);
  const std::int64_t elapsed = all.elapsed_ns + more.elapsed_ns;
  all.client.tcp.min_rtt_ns = 7;
  MergeEvidence(all, more);
  CHECK(all.exchanges.size() == 35);
  CHECK(all.latency.count() == 35);
  CHECK(all.early.count() == kEarly);  // of the first block alone
  CHECK(all.elapsed_ns == elapsed);
  CHECK(all.client.tcp.min_rtt_ns == 7);
  REQUIRE(all.client.events.size() == 35 * 3);
  CHECK(all.client.events.back().exchange == 34);
  REQUIRE(all.server.has_value());
  CHECK(all.server->events.back().exchange == 34);
  CHECK(ChangeOf(all.server->counters, "DelayedACKs") == 29 + 4);

  const RunReport report = ReportRun(RunRole::kAsked, "as asked", 0, std::move(all), true);
  REQUIRE(report.timelines.size() == 35);
  for (std::uint32_t i = 0; i < 35; ++i) CHECK(report.timelines[i].exchange == i);
}

TEST_CASE("merge: a report takes latencies without stamps and time lines with them") {
  FakeEnds ends({});
  MergedBlocks merged{RunRole::kAsked, "as asked", {{4, Stamping::kOff, 40, 39}}, {}, {}};
  merged.plain = Measure(ends, Stamping::kOff, 40);
  merged.stamped = Measure(ends, Stamping::kOn, 6);
  const RunReport report = ReportBlocks(merged, true);
  CHECK(report.block == 4);
  CHECK(report.blocks == merged.blocks);
  CHECK(report.stalls.n == 40);
  CHECK(report.evidence.latency.count() == 40);
  CHECK(report.timelines.size() == 6);
  CHECK(report.attribution.delayed_ack_ns > 40'000'000);

  merged.plain.reset();
  const RunReport stamped = ReportBlocks(merged, true);
  CHECK(stamped.stalls.n == 6);
  CHECK(stamped.timelines.size() == 6);
}

}  // namespace
}  // namespace tunewire
