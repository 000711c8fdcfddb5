// Files of settings as lint and import take them from the command line.
#pragma once

#include <string>

#include "cli/session.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

/// `reference` is a path, or "-" for standard input. Errors: of reading; "too_large".
Result<SourceText> ReadSettings(Session& session, const std::string& reference);

}  // namespace tunewire
