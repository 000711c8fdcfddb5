// One exchange of a probe drawn with characters, from measured stamps alone.
#pragma once

#include <string>

#include "report/style.h"
#include "tunewire/probe/attribution.h"

namespace tunewire {

/// Two lifelines, a row for each call and each arrow, bars where a write was held or an ACK kept
/// back, long silences cut short and named. Milliseconds of the client's clock stand at the left.
/// `heading` stands in the first row. Ends with a newline.
std::string SequenceText(std::string_view heading, const Timeline& timeline, const Style& style);

/// What holds back the writes of the end with this share: "held by Nagle", "" for nothing.
std::string_view HoldWords(const Attribution& share);

}  // namespace tunewire
