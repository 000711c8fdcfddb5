// Numbers as people shorten them.
#pragma once

#include <optional>
#include <string_view>

namespace tunewire {

/// "10", "2.5k", "1M", "10G", "1T": powers of 1000. Nothing where it is no plain decimal number.
std::optional<double> ParseScaled(std::string_view text);

/// "64", "64K", "1.5M", "1G": powers of 1024. Nothing where it is no plain decimal number.
std::optional<double> ParseScaledBytes(std::string_view text);

}  // namespace tunewire
