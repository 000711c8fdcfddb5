// Cutting the kernel's text files into lines, words and numbers without copying. Pure.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace tunewire {

/// The first line, without its newline, cut off `text`.
inline std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The first word, cut off `text` with the white space around it; empty where there is none.
inline std::string_view TakeWord(std::string_view& text) {
  constexpr std::string_view kSpace = " \t\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
  const std::string_view word = text.substr(0, text.find_first_of(kSpace));
  text.remove_prefix(word.size());
  return word;
}

/// The whole of `text` as a number of that type; nothing where it is none, or out of range.
template <class Number>
std::optional<Number> NumberIn(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

template <class Number>
std::optional<Number> TakeNumber(std::string_view& text) {
  return NumberIn<Number>(TakeWord(text));
}

}  // namespace tunewire
