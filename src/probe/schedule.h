// How long blocks are, so that a question is answered in under 10 s whatever an exchange costs.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "probe/variations.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {

/// All blocks together; the rest of the 10 s is for connecting, noise, and the last exchange of
/// each block, which may be a stalled one.
inline constexpr std::chrono::milliseconds kBudget{8500};

/// Beyond a jumbo frame's: only loopback has it (65483 in the end, 32768 at first).
inline constexpr std::uint32_t kLoopbackMss = 9001;

/// Whichever comes first; 0: no bound.
struct BlockSize {
  std::uint64_t count = 0;
  std::chrono::nanoseconds duration{};

  bool operator==(const BlockSize&) const = default;
};

/// The first block of the traffic as asked: the whole of what the user asked for, or a look.
BlockSize FirstBlock(const ProbeRequest& request);

/// Later ones, where an exchange of the traffic as asked takes `cycle` from start to start.
BlockSize AskedBlock(std::chrono::nanoseconds cycle);
BlockSize AskedStamped(std::chrono::nanoseconds cycle);
BlockSize QuietBlock();  ///< while nothing stalls
BlockSize VariedBlock(std::chrono::nanoseconds cycle);
BlockSize VariedStamped(std::chrono::nanoseconds cycle);

struct Fitted {
  std::vector<Variation> variations;
  std::vector<std::string> left_out;  ///< labels
  std::chrono::nanoseconds time{};    ///< what all rounds are expected to take
};

inline constexpr int kRounds = 2;  ///< A B A B A

/// The first of `wanted` always, the others as long as the rounds of them all fit into
/// `available`.
Fitted FitVariations(std::vector<Variation> wanted, Cause suspected, std::chrono::nanoseconds cycle,
                     std::chrono::nanoseconds available);

}  // namespace tunewire
