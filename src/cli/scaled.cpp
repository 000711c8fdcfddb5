#include "cli/scaled.h"

#include <array>
#include <charconv>
#include <utility>

namespace tunewire {
namespace {

using Scale = std::pair<char, double>;

/// Digits with at most one point: from_chars alone would take "inf" and "1e9", too.
std::optional<double> ParsePlain(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <std::size_t N>
std::optional<double> Parse(std::string_view text, const std::array<Scale, N>& scales) {
  double factor = 1;
  for (const auto& [suffix, scale] : scales) {
    if (!text.ends_with(suffix)) continue;
    factor = scale;
    text.remove_suffix(1);
    break;
  }
  const std::optional<double> value = ParsePlain(text);
  return value ? std::optional(*value * factor) : std::nullopt;
}

}  // namespace

std::optional<double> ParseScaled(std::string_view text) {
  constexpr std::array<Scale, 4> kScales{{{'k', 1e3}, {'M', 1e6}, {'G', 1e9}, {'T', 1e12}}};
  return Parse(text, kScales);
}

std::optional<double> ParseScaledBytes(std::string_view text) {
  constexpr std::array<Scale, 4> kScales{
      {{'k', 1024.}, {'K', 1024.}, {'M', 1048576.}, {'G', 1073741824.}}};
  return Parse(text, kScales);
}

}  // namespace tunewire
