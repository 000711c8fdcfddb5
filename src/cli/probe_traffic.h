// From what was written on the command line to the traffic of a probe. Pure.
#pragma once

#include <optional>
#include <string>

#include "tunewire/base/result.h"
#include "tunewire/probe/pattern.h"

namespace tunewire {

/// Options as given; what was not given is empty.
struct TrafficWords {
  std::string pattern, peer_pattern, writes, reply, gap, peer_think, writer, mss, congestion,
      quickack;
  bool nodelay = false;
  bool echo = false;  ///< the peer sends back what it gets
};

/// Errors: kUsage, with a place under the bad part where there is one.
Result<Traffic> TrafficFrom(const TrafficWords& words);

/// "200,1000". Errors: kUsage "invalid_size".
Result<std::vector<std::uint32_t>> ParseSizes(const std::string& text, const std::string& option);

/// Of an option: "--gap 5ms", from 0 to kLongestPause. Errors: kUsage "invalid_duration".
Result<std::chrono::microseconds> ParsePause(const std::string& text, const std::string& option);

/// The kernel's bounds of TCP_MAXSEG; 0 is the path's own. Errors: kUsage "invalid_size".
Result<std::uint32_t> ParseMss(const std::string& text);

}  // namespace tunewire
