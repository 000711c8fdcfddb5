// The files that a plan writes: limits of logins and services, keys and modules of the next boot.
#pragma once

#include "tunewire/tune/limits.h"

namespace tunewire {

/// Pure. After the plan's limit_changes are decided.
void DecideFiles(Plan& plan, const LimitFacts& facts, const InForce& in_force,
                 const FilePlace& place);

}  // namespace tunewire
