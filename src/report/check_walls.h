// The walls of a load as a table, and what happens at the first of them.
#pragma once

#include <string>

#include "report/check_report.h"

namespace tunewire {

/// Need, have, a bar and a mark a wall; those with plenty of room and those nobody knows folded
/// below, unless the style is verbose.
std::string WallTable(const CheckView& view, const Style& style);

/// "if you start anyway: ..."; empty where no wall breaks.
std::string AnywayText(const CheckView& view, const Style& style);

}  // namespace tunewire
