// Small text tools that every floor needs. Pure; nothing here looks at the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

/// Splits at runs of spaces and tabs (and newlines); no empty parts. "4096\t131072 6291456\n" -> 3
/// parts.
std::vector<std::string> SplitWords(std::string_view text);

/// Splits at every `separator`, empty parts kept; "" gives one empty part.
std::vector<std::string> Split(std::string_view text, char separator);

std::string_view Trim(std::string_view text);

std::string Join(std::span<const std::string> parts, std::string_view separator);

/// Canonical decimal only: an optional '-', no '+', no leading zeros, no "-0", in int64's range.
std::optional<std::int64_t> ParseDecimal(std::string_view text);

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
int EditDistance(std::string_view a, std::string_view b);

/// The up to `most` candidates nearest to `wanted`, best first; none further than a third of its
/// length (at least 2).
std::vector<std::string> Nearest(std::string_view wanted, std::span<const std::string> candidates,
                                 int most);

/// Bytes of the well-formed UTF-8 sequence (RFC 3629) at the front of `text`; 0 where it is
/// malformed. Precondition: `text` is not empty.
std::size_t Utf8Length(std::string_view text);

/// Text from outside made safe for a terminal: control bytes, DEL and broken UTF-8 become \xNN.
std::string Printable(std::string_view text);

/// Hexadecimal CRC-32 (IEEE 802.3), eight digits.
std::string Crc32Hex(std::string_view bytes);

}  // namespace tunewire
