// How the kernel reads the text that a loader writes to a key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/catalog/tunable.h"

namespace tunewire {

/// Measured on the kernel's proc_dointvec family: words are read from the left until one is no
/// number. What stands behind a full vector is never looked at.
struct KernelReading {
  std::vector<std::string> fields;  ///< stored, numbers as canonical decimals; may be fewer than
                                    ///< the key has: the rest keep their values
  std::string ignored;              ///< behind the last field, blanks trimmed
  std::string bad_word;             ///< not empty: write(2) fails at this word, though the fields
                                    ///< before it are set
};
KernelReading ReadAsKernel(const Tunable* tunable, std::string_view value);

/// True where every field of the key is a number.
bool HoldsNumbers(const Tunable* tunable);

/// The number that `word` is to the kernel ("010" is 8, "0x10" is 16) as decimal digits.
std::optional<std::string> KernelNumber(std::string_view word);

}  // namespace tunewire
