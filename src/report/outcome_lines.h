// A key with what was wanted of it and what it is, as one line or, where narrow, as several.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/style.h"

namespace tunewire {

using NamedValues = std::vector<std::pair<std::string_view, std::string>>;

/// "  x net.core.somaxconn   want 8192   is 4096"; the mark follows the tone.
std::string OutcomeLine(std::string_view key, const NamedValues& values, Tone tone,
                        const Style& style);

/// The same for a list whose widest key is known: all values stand from one column on, below each
/// other where one line is too short. A value without a name stands by itself.
std::string AlignedOutcomeLine(std::string_view key, int key_width, const NamedValues& values,
                               Tone tone, const Style& style);

}  // namespace tunewire
