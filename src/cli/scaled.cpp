#include "cli/scaled.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace tunewire {
namespace {

template <class Scale, std::size_t N>
using Scales = std::array<std::pair<char, Scale>, N>;

/// Digits with at most one point, times a power of ten: from_chars alone would take "inf" and
/// "1e9", too. It knows the power, as 1.005 times a million is not a million and five thousand.
std::optional<double> ParsePlain(std::string_view digits, std::string_view power) {
  if (digits.empty() || digits.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  const std::string text = std::string(digits) + std::string(power);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What the suffix stands for, which is taken off; `one` where there is none.
template <class Scale, std::size_t N>
Scale TakeScale(std::string_view& text, const Scales<Scale, N>& scales, Scale one) {
  for (const auto& [suffix, scale] : scales) {
    if (!text.ends_with(suffix)) continue;
    text.remove_suffix(1);
    return scale;
  }
  return one;
}

}  // namespace

std::optional<double> ParseScaled(std::string_view text) {
  constexpr Scales<std::string_view, 4> kScales{
      {{'k', "e3"}, {'M', "e6"}, {'G', "e9"}, {'T', "e12"}}};
  const std::string_view power = TakeScale<std::string_view>(text, kScales, "");
  return ParsePlain(text, power);
}

std::optional<double> ParseScaledBytes(std::string_view text) {
  constexpr Scales<double, 4> kScales{
      {{'k', 1024.}, {'K', 1024.}, {'M', 1048576.}, {'G', 1073741824.}}};
  const double factor = TakeScale(text, kScales, 1.);
  const std::optional<double> value = ParsePlain(text, "");
  return value ? std::optional(*value * factor) : std::nullopt;
}

}  // namespace tunewire
