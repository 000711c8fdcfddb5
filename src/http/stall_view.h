// What the samples of a run say about stalls: which exceed what, per connection, and where inside
// an answer the time passed. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/http/verdict.h"

namespace tunewire {

/// Timers of a run's path; its round trip from TCP_INFO, or 0.
TimerFacts TimersOf(const LoadResult& load, int hz);

/// Latencies of the whole answers, in order.
std::vector<std::int64_t> LatenciesOf(const LoadResult& load);

/// FindStalls over the whole answers. With several connections `first` and `period` are those of
/// the connection with most stalls, because only there does "every n-th" mean something.
StallSummary StallsOf(const LoadResult& load, int hz);

/// Adds a later block of the same kind; its samples and pieces follow.
void MergeLoad(LoadResult& to, LoadResult from);

/// The longest silence inside one answer, or before it.
struct Silence {
  std::uint32_t request = 0;  ///< index into samples
  std::int64_t length_ns = 0;
  std::uint64_t bytes_before = 0;  ///< 0: the answer had not begun
  std::uint64_t bytes_after = 0;   ///< in all pieces behind it
  bool after_head = false;         ///< the piece before it ended in, or at the end of, the head

  bool operator==(const Silence&) const = default;
};

/// Of each request whose pieces were kept; in order.
std::vector<Silence> SilencesOf(const LoadResult& load);

/// The one with the median length among those of at least `least_ns`; none where there are none.
std::optional<Silence> TypicalSilence(const LoadResult& load, std::int64_t least_ns);

/// "166 B, 43.2 ms of nothing, 10000 B".
std::string DescribeSilence(const Silence& silence);

/// "43.2 ms", "210 us", "1.40 s".
std::string ShortTime(std::int64_t ns);

}  // namespace tunewire
