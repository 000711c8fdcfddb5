// What a profile asks of one value: per field an exact value, a floor, a ceiling, or "leave it".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {

/// Memory facts that turn "5% of ram" into the key's own unit.
struct MemoryFacts {
  std::uint64_t ram_bytes = 0;
  std::uint64_t page_bytes = 4096;
};

struct FieldRequirement {
  enum class Kind { kExact, kAtLeast, kAtMost, kKeep };
  Kind kind = Kind::kKeep;
  std::string text;        ///< the value as canonical text; empty for kKeep and for a percentage
  int percent_of_ram = 0;  ///< 1..90 where the amount is "N% of ram", otherwise 0

  bool operator==(const FieldRequirement&) const = default;
};

/// One requirement per field of the key, in the key's order; of a word list one per word; none for
/// an empty port list.
struct Requirement {
  std::vector<FieldRequirement> fields;

  /// "8192", "keep keep >=16777216", "<=5", ">=5%ram", "=keep" for a value that would read as
  /// something else: parsed back by Parse; what the journal keeps.
  [[nodiscard]] std::string ToText() const;
  static Result<Requirement> Parse(std::string_view text);

  /// Percentages turned into numbers of the tunable's unit (bytes, pages, KiB). Errors: kInvalid
  /// where the unit is not one of memory or the RAM is unknown.
  [[nodiscard]] Result<Requirement> Resolve(const Tunable* tunable,
                                            const MemoryFacts& memory) const;

  /// The fields to write given what is there now; equal to `current` where nothing needs to change.
  /// A lone kKeep keeps any number of fields; a list of words or of ports may change its length.
  /// No field at all empties such a list. Precondition: resolved. Errors: kInvalid, "wrong_arity"
  /// where the arity differs, "not_a_number" where a bound meets a field that is no number.
  [[nodiscard]] Result<std::vector<std::string>> Apply(
      const std::vector<std::string>& current) const;

  bool operator==(const Requirement&) const = default;
};

/// Checks resolved fields against the catalog: arity, number form, range, order of a vector.
/// Errors: kInvalid with the offending field's index in `field` (-1 for the whole).
struct ValueProblem {
  int field = -1;
  std::string code;  ///< "out_of_range", "wrong_arity", "not_a_number", "not_a_word",
                     ///< "not_ascending"
  std::string message;
  std::string hint;
};
std::vector<ValueProblem> CheckValue(const Tunable* tunable,
                                     const std::vector<std::string>& fields);

}  // namespace tunewire
