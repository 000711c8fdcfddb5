// Durations and sizes as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tunewire/base/result.h"

namespace tunewire {

/// "60s", "500ms", "2m", "1h", "250us"; a bare number is refused, so that nobody guesses the unit.
/// Errors: kUsage with code "invalid_duration".
Result<std::chrono::microseconds> ParseDuration(std::string_view text);

/// "1 h 2 min", "60 s", "500 ms", "1.5 ms"; at most two units.
std::string FormatDuration(std::chrono::microseconds duration);

/// "16 MiB", "3.1 GiB", "512 B": powers of 1024, one decimal below 10 where it is not zero.
std::string FormatBytes(std::uint64_t bytes);

}  // namespace tunewire
