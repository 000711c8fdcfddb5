// Errors about a part of one word or line that a user gave on the command line.
#pragma once

#include <string>
#include <string_view>

#include "tunewire/base/error.h"

namespace tunewire {

/// kUsage, with a caret under `part`, which must be a view into `text`; an empty one points to
/// where something is missing. `name` is what the text is called: "--pattern". The subject is
/// `part`.
Error WordError(std::string code, std::string_view name, std::string_view text,
                std::string_view part, std::string message, std::string hint);

}  // namespace tunewire
