// Asking before something is changed.
#pragma once

#include <optional>
#include <string_view>

#include "cli/session.h"

namespace tunewire {

/// Nothing where nobody needs to be asked or there is somebody to ask; else a refusal that names
/// --yes. `what` is "apply", `otherwise` how to see what would change.
std::optional<Answer> RefuseUnaskable(Session& session, std::string_view what,
                                      std::string_view otherwise);

/// Reads the answer to `question`. Nothing where it is yes; else how the command ends.
std::optional<Answer> AskConsent(Session& session, std::string_view question);

}  // namespace tunewire
