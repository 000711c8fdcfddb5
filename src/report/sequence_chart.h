// One exchange as a sequence picture: two lifelines, arrows for segments, bars for what was held.
#pragma once

#include <string_view>

#include "report/markup.h"
#include "tunewire/probe/attribution.h"

namespace tunewire {

/// Drawn from measured stamps alone: times at the left are the client's clock from the exchange's
/// begin; what has no stamp has no time. Rows follow one another in time, a long silence between
/// two is cut short and named. `title` stands above: "stalled: 44.0 ms". About half a page wide, so
/// that two stand side by side.
Svg SequenceChart(std::string_view title, const Timeline& timeline);

}  // namespace tunewire
