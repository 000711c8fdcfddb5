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

}  // namespace tunewire
