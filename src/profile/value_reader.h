// One setting's value: text, number, list or object -> Requirement.
#pragma once

#include <optional>
#include <string_view>

#include "profile/reading.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {

struct ReadValue {
  Requirement want;
  Span span;  ///< the part of the text that says how much
};

/// `node` is what stands behind the key: a scalar, a list, or an object with "value", "at_least" or
/// "at_most". `tunable` is nullptr for a key that the catalog does not know. Complains and gives
/// nothing where the value is wrong.
std::optional<ReadValue> ReadRequirement(const JsonNode& node, const Tunable* tunable,
                                         std::string_view key, Reading& reading);

}  // namespace tunewire
