// Trying a profile on traffic between two scratch namespaces: the same with and without it, in
// turns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/scratch_pair.h"
#include "tunewire/latency/interval.h"

namespace tunewire {

enum class TrialOutcome { kBetter, kWorse, kNoDifference };

std::string_view NameOf(TrialOutcome outcome);  ///< "better", "worse", "no_difference"

enum class Better { kMore, kLess };

/// One figure with and without the profile: a value a block, and the change between neighbours.
struct TrialMeasure {
  std::string_view id;     ///< "connections_per_s", "exchange_p99_ns", ...
  std::string_view title;  ///< "new connections a second"
  Better better = Better::kMore;
  std::vector<double> without, with;
  double median_without = 0, median_with = 0;
  MedianEstimate ratio;  ///< with / without, of blocks next to each other
  TrialOutcome outcome = TrialOutcome::kNoDifference;

  bool operator==(const TrialMeasure&) const = default;
};

struct TrialFailures {
  std::uint64_t without = 0, with = 0;

  bool operator==(const TrialFailures&) const = default;
};

struct TrialResult {
  std::vector<TrialMeasure> measures;
  std::map<int, TrialFailures> failures;  ///< connections or exchanges, by errno
  std::uint32_t pairs = 0;                ///< of blocks, of each kind of traffic
  std::chrono::milliseconds block{0};
  bool partial = false;

  bool operator==(const TrialResult&) const = default;
};

struct TrialWish {
  std::chrono::milliseconds time{15'000};
};

/// Fewer pairs of blocks give no interval.
inline constexpr std::uint32_t kFewestPairs = 8;
inline constexpr std::chrono::milliseconds kShortestTrial{3000};

/// Asked between two blocks; true where a stop is wanted.
using TrialWatch = std::function<bool(std::uint32_t done, std::uint32_t blocks)>;

/// A block without, a block with, a block with, a block without, and so on, for each kind of
/// traffic; what the machine does meanwhile hits both alike. Errors: of the traffic itself.
Result<TrialResult> RunTrial(ScratchPair& without, ScratchPair& with, const TrialWish& wish,
                             const TrialWatch& watch);

/// Pure: medians, ratios of neighbours with their interval, and what may be said. A difference is
/// one where the 99 % interval leaves out "none" and the median is off by 1 % at least.
void JudgeTrial(TrialResult& result);

}  // namespace tunewire
