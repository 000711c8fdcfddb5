#include "tunewire/base/quantity.h"

#include <array>
#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{{
    {"h", 3'600'000'000},
    {"min", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

std::optional<std::int64_t> UnitMicroseconds(std::string_view unit) {
  if (unit == "m") unit = "min";
  for (const auto& [name, length] : kUnits) {
    if (name == unit) return length;
  }
  return std::nullopt;
}

Error BadDuration(std::string_view text) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_duration";
  error.subject = std::string(text);
  error.message = Format("'{}' is not a duration", Printable(text));
  error.hint = "write a whole number and a unit: 500ms, 60s, 2m, 1h";
  return error;
}

/// One decimal below ten where it is not zero: "1.5", "3", "12".
std::string Short(double value) {
  std::string text = value < 9.95 ? Format("{:.1f}", value) : Format("{:.0f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

Result<microseconds> ParseDuration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> number =
      digits == 0 ? std::nullopt : ParseDecimal(text.substr(0, digits));
  const std::optional<std::int64_t> unit = UnitMicroseconds(text.substr(digits));
  if (!number || !unit) return Fail(BadDuration(text));
  std::int64_t product = 0;
  if (__builtin_mul_overflow(*number, *unit, &product)) return Fail(BadDuration(text));
  return microseconds(product);
}

std::string FormatDuration(microseconds duration) {
  const std::int64_t total = duration.count();
  if (total < 0) return "-" + FormatDuration(-duration);
  if (total < 1'000) return Format("{} us", total);
  if (total < 1'000'000) return Short(static_cast<double>(total) / 1e3) + " ms";
  const std::int64_t seconds = total / 1'000'000;
  if (seconds < 120) {
    return seconds < 10 ? Short(static_cast<double>(total) / 1e6) + " s" : Format("{} s", seconds);
  }
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60)
    return seconds % 60 == 0 ? Format("{} min", minutes)
                             : Format("{} min {} s", minutes, seconds % 60);
  return minutes % 60 == 0 ? Format("{} h", minutes / 60)
                           : Format("{} h {} min", minutes / 60, minutes % 60);
}

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t power = 0;
  while (value >= 1024 && power + 1 < kNames.size()) {
    value /= 1024;
    ++power;
  }
  return power == 0 ? Format("{} B", bytes) : Short(value) + " " + std::string(kNames[power]);
}

}  // namespace tunewire
