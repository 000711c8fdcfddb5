#include "tune/sysctl_conf_value.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

struct Digits {
  int base = 10;
  std::string_view text;
};

/// The prefix decides the base, as in lib/kstrtox.c with base 0.
Digits BaseOf(std::string_view digits) {
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    return {16, digits.substr(2)};
  }
  if (digits.size() > 1 && digits[0] == '0') return {8, digits.substr(1)};
  return {10, digits};
}

KernelReading ReadNumbers(const Tunable& tunable, std::string_view value) {
  KernelReading reading;
  std::size_t at = 0;
  while (reading.fields.size() < tunable.fields.size()) {
    at = std::min(value.find_first_not_of(" \t\n", at), value.size());
    const auto end = std::min(value.find_first_of(" \t\n", at), value.size());
    const std::string_view word = value.substr(at, end - at);
    if (word.empty() && !reading.fields.empty()) return reading;
    const auto number = KernelNumber(word);
    if (!number) {
      reading.bad_word = word.empty() ? "\"\"" : std::string(word);
      return reading;
    }
    reading.fields.push_back(*number);
    at = end;
  }
  reading.ignored = std::string(Trim(value.substr(at)));
  return reading;
}

}  // namespace

std::optional<std::string> KernelNumber(std::string_view word) {
  const bool negative = word.starts_with('-');
  const auto [base, digits] = BaseOf(word.substr(negative ? 1 : 0));
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return Format("{}{}", negative && value != 0 ? "-" : "", value);
}

bool HoldsNumbers(const Tunable* tunable) {
  return tunable != nullptr && !tunable->fields.empty() &&
         std::ranges::all_of(tunable->fields,
                             [](const Field& field) { return field.type == FieldType::kInteger; });
}

KernelReading ReadAsKernel(const Tunable* tunable, std::string_view value) {
  if (HoldsNumbers(tunable)) return ReadNumbers(*tunable, value);
  return {CanonicalFields(tunable, value), {}, {}};
}

}  // namespace tunewire
