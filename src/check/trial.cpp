#include "tunewire/check/trial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tunewire {
namespace {

using std::chrono::milliseconds;

/// Long enough for thousands of exchanges, short enough that many pairs fit into a few seconds.
constexpr milliseconds kLongestBlock{150};
constexpr milliseconds kWarmUp{20};
/// The kernel looks at a new interface's carrier once a second and drops what is sent before.
constexpr int kMostWarmUps = 150;
constexpr double kSmallestDifference = 0.01;

struct Traffic {
  TrafficKind kind = TrafficKind::kExchanges;
  std::uint32_t concurrency = 1;
  std::uint32_t message_bytes = 256;
};

// Many at a time for what queues (backlogs, ports), one for latency, one flow for buffers.
constexpr std::array kTraffic{Traffic{TrafficKind::kConnections, 32, 256},
                              Traffic{TrafficKind::kExchanges, 16, 256},
                              Traffic{TrafficKind::kBulk, 1, 0}};

TrafficWish WishOf(const Traffic& traffic, milliseconds block) {
  TrafficWish wish;
  wish.kind = traffic.kind;
  wish.duration = block;
  wish.concurrency = traffic.concurrency;
  wish.message_bytes = traffic.message_bytes;
  // As a server that asks for much: what it gets is somaxconn's to say.
  wish.backlog = 65535;
  // TIME_WAIT is part of what port range and reuse are about.
  wish.closing = Closing::kOrderly;
  return wish;
}

std::vector<TrialMeasure> Measures() {
  return {{"connections_per_s", "new connections/s", Better::kMore, {}, {}},
          {"connection_p50_ns", "connect + exchange, p50", Better::kLess, {}, {}},
          {"connection_p99_ns", "connect + exchange, p99", Better::kLess, {}, {}},
          {"exchanges_per_s", "exchanges/s, 16 kept", Better::kMore, {}, {}},
          {"exchange_p50_ns", "exchange, p50", Better::kLess, {}, {}},
          {"exchange_p99_ns", "exchange, p99", Better::kLess, {}, {}},
          {"bulk_bytes_per_s", "one bulk flow, bytes/s", Better::kMore, {}, {}}};
}

TrialMeasure& MeasureOf(TrialResult& result, std::string_view id) {
  return *std::find_if(result.measures.begin(), result.measures.end(),
                       [id](const TrialMeasure& measure) { return measure.id == id; });
}

enum class Arm { kWithout, kWith };

void Note(TrialResult& result, std::string_view id, Arm arm, double value) {
  TrialMeasure& measure = MeasureOf(result, id);
  (arm == Arm::kWith ? measure.with : measure.without).push_back(value);
}

double PerSecond(std::uint64_t count, const TrafficResult& block) {
  return block.seconds > 0 ? static_cast<double>(count) / block.seconds : 0;
}

void Add(TrialResult& result, TrafficKind kind, Arm arm, const TrafficResult& block) {
  for (const auto& [os_error, times] : block.errors) {
    TrialFailures& failures = result.failures[os_error];
    (arm == Arm::kWith ? failures.with : failures.without) += times;
  }
  // Where nothing came through, the first one took longer than the block.
  const auto quantile = [&block](double at) {
    return block.done > 0 ? static_cast<double>(block.latency.At(at)) : block.seconds * 1e9;
  };
  switch (kind) {
    case TrafficKind::kConnections:
      Note(result, "connections_per_s", arm, PerSecond(block.done, block));
      Note(result, "connection_p50_ns", arm, quantile(0.5));
      Note(result, "connection_p99_ns", arm, quantile(0.99));
      break;
    case TrafficKind::kExchanges:
      Note(result, "exchanges_per_s", arm, PerSecond(block.done, block));
      Note(result, "exchange_p50_ns", arm, quantile(0.5));
      Note(result, "exchange_p99_ns", arm, quantile(0.99));
      break;
    case TrafficKind::kBulk:
      Note(result, "bulk_bytes_per_s", arm, PerSecond(block.bytes, block));
      break;
  }
}

double MedianOf(const std::vector<double>& values) { return EstimateMedian(values).median; }

/// A block in which nothing came through still says which arm was better.
double RatioOf(double without, double with) {
  if (without > 0) return with / without;
  return with > 0 ? std::numeric_limits<double>::infinity() : 1;
}

TrialOutcome OutcomeOf(const TrialMeasure& measure) {
  const Interval& sure = measure.ratio.interval;
  const double change = measure.ratio.median - 1;
  if (!(sure.low > 1 || sure.high < 1) || std::abs(change) < kSmallestDifference)
    return TrialOutcome::kNoDifference;
  return (change > 0) == (measure.better == Better::kMore) ? TrialOutcome::kBetter
                                                           : TrialOutcome::kWorse;
}

bool Flows(const TrafficResult& block) { return block.done > 0 || block.bytes > 0; }

/// The first traffic of a namespace meets cold caches and unresolved neighbours, or nothing at all:
/// it does not count. An arm through which nothing ever comes is what its blocks will say.
Status WarmUp(ScratchPair& arm) {
  for (const Traffic& traffic : kTraffic) {
    bool flows = false;
    for (int i = 0; i < kMostWarmUps && !flows; ++i) {
      const Result<TrafficResult> cold = arm.Run(WishOf(traffic, kWarmUp));
      if (!cold) return Fail(cold.error());
      flows = Flows(*cold);
    }
  }
  return {};
}

}  // namespace

std::string_view NameOf(TrialOutcome outcome) {
  switch (outcome) {
    case TrialOutcome::kBetter:
      return "better";
    case TrialOutcome::kWorse:
      return "worse";
    case TrialOutcome::kNoDifference:
      break;
  }
  return "no_difference";
}

void JudgeTrial(TrialResult& result) {
  for (TrialMeasure& measure : result.measures) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(measure.without.size(), measure.with.size()); ++i)
      ratios.push_back(RatioOf(measure.without[i], measure.with[i]));
    measure.median_without = MedianOf(measure.without);
    measure.median_with = MedianOf(measure.with);
    measure.ratio = EstimateMedian(ratios);
    measure.outcome = ratios.empty() ? TrialOutcome::kNoDifference : OutcomeOf(measure);
  }
}

Result<TrialResult> RunTrial(ScratchPair& without, ScratchPair& with, const TrialWish& wish,
                             const TrialWatch& watch) {
  TrialResult result;
  result.measures = Measures();
  constexpr auto kKinds = static_cast<std::int64_t>(kTraffic.size());
  // The shortest trial has blocks of 41 ms; longer ones first get longer blocks, then more of them.
  const milliseconds longest = wish.time / (2 * kKinds * kFewestPairs);
  result.block = std::min(longest, kLongestBlock);
  const auto pairs = static_cast<std::uint32_t>(wish.time / (2 * kKinds * result.block));
  for (ScratchPair* arm : {&without, &with}) {
    if (const Status warm = WarmUp(*arm); !warm) return Fail(warm.error());
  }
  const std::uint32_t blocks = pairs * 2 * kTraffic.size();
  for (std::uint32_t pair = 0; pair < pairs && !result.partial; ++pair) {
    for (const Traffic& traffic : kTraffic) {
      // Who begins changes from pair to pair, so that going first is no advantage.
      const std::array order = pair % 2 == 0 ? std::array{Arm::kWithout, Arm::kWith}
                                             : std::array{Arm::kWith, Arm::kWithout};
      for (const Arm arm : order) {
        Result<TrafficResult> block =
            (arm == Arm::kWith ? with : without).Run(WishOf(traffic, result.block));
        if (!block) return Fail(block.error());
        Add(result, traffic.kind, arm, *block);
      }
    }
    ++result.pairs;
    result.partial = watch(result.pairs * 2 * kTraffic.size(), blocks);
  }
  result.partial = result.partial && result.pairs < pairs;
  JudgeTrial(result);
  return result;
}

}  // namespace tunewire
