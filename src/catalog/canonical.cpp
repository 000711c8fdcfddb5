// One spelling per value, so that what was asked for and what the kernel shows can be compared.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

std::optional<std::uint64_t> ParseUnsigned(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// The kernel reads 0x10 as hexadecimal and 010 as octal (lib/kstrtox.c, base 0).
std::optional<std::uint64_t> ParseAsKernel(std::string_view digits) {
  const bool hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
  if (hexadecimal) return ParseUnsigned(digits.substr(2), 16);
  const bool octal = digits.size() > 1 && digits.front() == '0';
  return ParseUnsigned(digits, octal ? 8 : 10);
}

std::string CanonicalInteger(std::string text) {
  const bool negative = text.starts_with('-');
  const std::optional<std::uint64_t> magnitude =
      ParseAsKernel(std::string_view(text).substr(negative ? 1 : 0));
  if (!magnitude) return text;
  return Format("{}{}", negative && *magnitude != 0 ? "-" : "", *magnitude);
}

struct Range {
  std::uint64_t first;
  std::uint64_t last;
};

std::optional<Range> ParseRange(std::string_view text, std::uint64_t highest) {
  const std::size_t dash = text.find('-');
  const auto first = ParseAsKernel(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ParseAsKernel(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > highest) return std::nullopt;
  return Range{*first, *last};
}

/// Sorted, with neighbours and overlaps joined: the kernel keeps one bit per member.
std::optional<std::vector<Range>> ParseRanges(std::string_view text, std::uint64_t highest) {
  std::vector<Range> ranges;
  for (const std::string& part : Split(text, ',')) {
    const std::optional<Range> range = ParseRange(part, highest);
    if (!range) return std::nullopt;
    ranges.push_back(*range);
  }
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

std::string CanonicalPorts(std::string text, const Field& field) {
  const auto ranges = ParseRanges(text, static_cast<std::uint64_t>(field.max));
  if (!ranges) return text;
  std::vector<std::string> shown;
  for (const auto& [first, last] : *ranges) {
    shown.push_back(first == last ? Format("{}", first) : Format("{}-{}", first, last));
  }
  return Join(shown, ",");
}

/// "00000000,0000000F" and "f" are the same mask: words of 32 bits, the highest first.
std::string CanonicalMask(std::string text) {
  constexpr std::size_t kWordDigits = 8;
  std::string mask;
  for (const std::string& word : Split(text, ',')) {
    const auto value = ParseUnsigned(word, 16);
    if (!value || word.size() > kWordDigits) return text;
    if (!mask.empty()) {
      mask += Format(",{:08x}", *value);
    } else if (*value != 0) {
      mask = Format("{:x}", *value);
    }
  }
  return mask.empty() ? "0" : mask;
}

std::string CanonicalField(const Field& field, std::string text) {
  switch (field.type) {
    case FieldType::kInteger:
      return CanonicalInteger(std::move(text));
    case FieldType::kPortList:
      return CanonicalPorts(std::move(text), field);
    case FieldType::kCpuMask:
      return CanonicalMask(std::move(text));
    case FieldType::kText:
    case FieldType::kWords:
      return text;
  }
  return text;
}

/// A set of words: the kernel shows them in an order of its own.
void SortWords(std::vector<std::string>& words) {
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

}  // namespace

std::vector<std::string> CanonicalFields(const Tunable* tunable, std::string_view raw) {
  std::vector<std::string> words = SplitWords(raw);
  if (tunable == nullptr || tunable->fields.empty()) return words;
  if (tunable->fields.front().type == FieldType::kWords) {
    SortWords(words);
    return words;
  }
  const std::size_t known = std::min(words.size(), tunable->fields.size());
  for (std::size_t i = 0; i < known; ++i) {
    words[i] = CanonicalField(tunable->fields[i], std::move(words[i]));
  }
  return words;
}

}  // namespace tunewire
