// A requirement in words: "8192", ">= 8192", "* * >= 16777216".
#pragma once

#include <string>

#include "tunewire/profile/requirement.h"

namespace tunewire {

std::string RequirementText(const Requirement& requirement);

}  // namespace tunewire
