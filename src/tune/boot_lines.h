// The text of the files that make keys last.
#pragma once

#include <string>

#include "tunewire/tune/plan.h"

namespace tunewire {

/// Comment lines that say who wrote the file, and how to take it back.
std::string FileHeader(const std::string& profile);

/// sysctl.d: every key the profile asks for and this host has, as the plan leaves it. Empty where
/// there is none.
std::string BootKeysText(const Plan& plan);

/// modules-load.d: modules without which those keys would come too late. Empty where there is none.
std::string BootModulesText(const Plan& plan);

}  // namespace tunewire
