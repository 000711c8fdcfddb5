// Numbers that nobody can guess.
#pragma once

#include <cstdint>

#include "tunewire/base/result.h"

namespace tunewire {

/// From getrandom(2).
Result<std::uint64_t> RandomNumber();

}  // namespace tunewire
