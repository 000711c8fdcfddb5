// How sure a conclusion is.
#pragma once

#include <string_view>

namespace tunewire {

/// Confirmed only where the evidence itself proves it.
enum class Confidence { kLikely, kConfirmed };

std::string_view NameOf(Confidence confidence);  ///< "likely", "confirmed"

}  // namespace tunewire
