// The A/B: the traffic as asked against the same with one thing changed, in interleaved blocks.
// Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Whether the stalls of a run are more than a pause or two of a busy host.
bool StallsMatter(const StallSummary& stalls);

struct AbTest {
  const RunReport* varied = nullptr;
  Effect stalls;                                             ///< on the stalled fraction
  Effect median;                                             ///< on the median latency, nanoseconds
  std::int64_t stalled_before_ns = 0, stalled_after_ns = 0;  ///< medians of stalled ones, 0: none
  bool interleaved = false;                                  ///< at least A B A
  bool consistent = false;  ///< every block of B stalls less than its neighbours of A

  /// The stalls go away; the interval leaves out 0.
  [[nodiscard]] bool Removes() const;
  /// The median, or that of the stalled ones, falls by at least three tenths.
  [[nodiscard]] bool Shortens() const;
  [[nodiscard]] bool Helps() const { return Removes() || Shortens(); }
  /// Enough to call a cause confirmed.
  [[nodiscard]] bool Confirms() const { return Removes() && interleaved && consistent; }
};

/// Both at the same MSS.
AbTest Compare(const RunReport& asked, const RunReport& varied);

/// "44.1 ms", "31 us".
std::string FormatNs(std::int64_t ns);
/// "33 of 34 exchanges".
std::string FormatShare(std::uint64_t some, std::uint64_t all);
/// "TCP_NODELAY: 0 of 512 exchanges stall instead of 33 of 34 (-97.1 points, ...)".
std::string Describe(const RunReport& asked, const AbTest& test);

}  // namespace tunewire
