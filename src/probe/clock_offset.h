// How far the server's clock is ahead of the client's, from stamps that causality orders. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "probe/track.h"

namespace tunewire {

struct ClockOffset {
  std::int64_t server_ahead_ns = 0;
  std::int64_t error_ns = 0;  ///< it is wrong by at most this
};

/// One for each exchange of the client, from the tightest pairs of all exchanges within a second of
/// it, so that slow drift does no harm. None where the stamps give no bound: then server times say
/// nothing. `min_rtt_ns` (0 unknown) stands in where only one direction has stamps.
std::vector<std::optional<ClockOffset>> ClockOffsets(const Track& client, const Track& server,
                                                     std::int64_t min_rtt_ns);

}  // namespace tunewire
