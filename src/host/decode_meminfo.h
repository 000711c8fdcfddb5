// /proc/meminfo as text to numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tunewire {

/// Bytes of "MemTotal:  16316412 kB"; nothing where the line is missing or damaged.
std::optional<std::uint64_t> DecodeMemTotal(std::string_view meminfo);

}  // namespace tunewire
