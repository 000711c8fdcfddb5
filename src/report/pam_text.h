// Whether limits of logins reach the logins, in words.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "tunewire/tune/pam.h"

namespace tunewire {

/// Programs that limits of logins do not reach, each file with the exact line to add; nothing where
/// they reach all. Shared files that a session does not need are left to -v.
std::string PamText(const std::vector<PamFinding>& findings, const Style& style);

/// "applied", "skippable", "elsewhere", "missing", "absent", "unreadable": for JSON.
std::string_view PamStateSlug(PamState state);

}  // namespace tunewire
