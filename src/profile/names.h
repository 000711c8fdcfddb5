// Names of profiles. They become parts of file names in /etc, so little is allowed.
#pragma once

#include <string_view>

namespace tunewire {

inline constexpr std::string_view kProfileNameRule =
    "1 to 64 letters, digits, '-', '_' and '.', a letter or digit first";

bool IsProfileName(std::string_view text);

}  // namespace tunewire
