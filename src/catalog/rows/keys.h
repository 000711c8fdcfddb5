// Key names as constants: lists of them, and the rows of one family made from those of another.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "tunewire/catalog/tunable.h"

namespace tunewire::rows {

/// A string literal that can be a template argument.
template <std::size_t Size>
struct Literal {
  // NOLINTNEXTLINE(google-explicit-constructor): literals must convert.
  consteval Literal(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
  [[nodiscard]] constexpr std::string_view view() const { return {text, Size - 1}; }
  char text[Size];
};

/// A list of keys for Tunable::coupled.
template <Literal... Names>
inline constexpr std::string_view kKeys[] = {Names.view()...};

/// Room for a key that is made at compile time.
struct KeyText {
  char text[80] = {};
  std::size_t size = 0;
  [[nodiscard]] constexpr std::string_view view() const { return {text, size}; }
};

/// The keys of `rows` with another beginning.
template <std::size_t Count>
consteval std::array<KeyText, Count> RenamedKeys(std::span<const Tunable, Count> rows,
                                                 std::string_view prefix,
                                                 std::string_view new_prefix) {
  std::array<KeyText, Count> keys{};
  for (std::size_t i = 0; i < Count; ++i) {
    const std::string_view rest = rows[i].key.substr(prefix.size());
    std::copy(new_prefix.begin(), new_prefix.end(), keys[i].text);
    std::copy(rest.begin(), rest.end(), keys[i].text + new_prefix.size());
    keys[i].size = new_prefix.size() + rest.size();
  }
  return keys;
}

/// `rows` under other keys; `change` adapts each row. `keys` must have static storage.
template <std::size_t Count, class Change>
consteval std::array<Tunable, Count> RenamedRows(std::span<const Tunable, Count> rows,
                                                 const std::array<KeyText, Count>& keys,
                                                 Change change) {
  std::array<Tunable, Count> renamed{};
  for (std::size_t i = 0; i < Count; ++i) {
    renamed[i] = change(rows[i]);
    renamed[i].key = keys[i].view();
  }
  return renamed;
}

}  // namespace tunewire::rows
