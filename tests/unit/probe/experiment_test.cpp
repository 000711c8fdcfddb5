#include "tunewire/probe/experiment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "support/fake_ends.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

Traffic TwoWrites() { return *NamedTraffic("two_writes", Shape{}, Writer::kClient); }

ProbeRequest Ask(Traffic traffic) {
  ProbeRequest request;
  request.traffic = std::move(traffic);
  return request;
}

const ProbeWatch kNoWatch;

ProbeResult Probe(FakeEnds& ends, const ProbeRequest& request) {
  Result<ProbeResult> result = RunProbe(ends, request, Noise{}, kNoWatch);
  REQUIRE(result);
  return *result;
}

TEST_CASE("debug print") {
  FakeEnds ends({});
  const ProbeResult result = Probe(ends, Ask(TwoWrites()));
  for (const RunReport& run : result.runs) {
    MESSAGE("", NameOf(run.role), " ", run.label, " mss ", run.evidence.spec.traffic.mss, " n ",
            run.stalls.n, " stalled ", run.stalls.count, " p50 ", run.evidence.latency.At(0.5),
            " blocks ", run.blocks.size(), " tl ", run.timelines.size());
    for (const RunBlock& b : run.blocks) MESSAGE("   ", b.place, " ", (int)b.stamping, " ", b.n, " ", b.stalled);
  }
  const Verdict& v = result.verdict;
  MESSAGE("", v.stall, NameOf(v.cause), " ", NameOf(v.side), " ", NameOf(v.confidence));
  for (const auto& r : v.reasons) MESSAGE("reason: ", r);
  for (const auto& r : v.warnings) MESSAGE("warning: ", r);
  for (const auto& f : v.fixes) MESSAGE("fix: ", f.id, " ", f.text, " ", f.effect ? f.effect->after : -1);
  MESSAGE("", (ends.now.count() - 1000000000) / 1000000, " ms in runs ", ends.specs.size());
}

}  // namespace
}  // namespace tunewire
