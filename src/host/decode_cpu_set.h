// Sets of CPUs as the kernel writes them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tunewire {

/// "0-3,8" (bitmap_list): ascending CPUs, none for an empty text; nothing where it is no such list.
std::optional<std::vector<std::uint32_t>> ParseCpuList(std::string_view text);

/// "00000001,0000000f" (bitmap): words of 32 bits, the highest first.
std::optional<std::vector<std::uint32_t>> ParseCpuMask(std::string_view text);

}  // namespace tunewire
