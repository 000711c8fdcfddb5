// Checks of one field, shared by the profile reader and by CheckValue.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tunewire/profile/requirement.h"

namespace tunewire {

/// What is wrong with `text` as field `index` of the tunable; nothing where all is well.
std::optional<ValueProblem> CheckField(const Tunable& tunable, int index, std::string_view text);

/// Whether `count` values are as many as the tunable holds. A list takes any number of words.
std::optional<ValueProblem> CheckArity(const Tunable& tunable, std::size_t count);

/// "min" of tcp_rmem; "value 2" where the catalog has no name for it; empty for a single field.
std::string FieldLabel(const Tunable& tunable, int index);

/// One that counts bytes, pages or KiB.
bool CountsMemory(const Tunable& tunable);

}  // namespace tunewire
