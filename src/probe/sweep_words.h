// What a sweep found, in sentences. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tunewire/probe/experiment.h"

namespace tunewire {

/// One MSS of a sweep.
struct SweptMss {
  std::uint32_t mss = 0;       ///< as asked; 0 is the path's own
  std::uint32_t measured = 0;  ///< the sender's, as the kernel told; 0 unknown
  bool stalls = false;         ///< anywhere
};

/// Region of each MSS, then what only loopback shows or hides.
std::vector<std::string> SweepSentences(std::span<const SweptMss> swept,
                                        std::span<const SweepEdge> edges);

}  // namespace tunewire
