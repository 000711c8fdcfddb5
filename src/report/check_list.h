// The conditions that were looked at: what is wrong in full, the rest by sections.
#pragma once

#include <string>

#include "report/check_report.h"

namespace tunewire {

/// Bad ones, then warnings, a block each.
std::string TroubleBlocks(const CheckView& view, const Style& style);

/// "62 ok: limits 5, sockets 12, ..." and the unknown ones by their reasons.
std::string RestLines(const CheckView& view, const Style& style);

/// Every check by sections, with its evidence.
std::string AllCheckLines(const CheckView& view, const Style& style);

}  // namespace tunewire
