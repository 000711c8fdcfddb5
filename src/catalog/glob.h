// Shell globs over paths: '*', '?' and '[...]' stay within one part. Pure, allocates nothing.
#pragma once

#include <string_view>

namespace tunewire {

inline constexpr std::string_view kGlobBytes = "*?[";

inline bool HasGlob(std::string_view path) {
  return path.find_first_of(kGlobBytes) != std::string_view::npos;
}

/// One part, without '/'. "[!a]" and "[^a]" negate; a '[' without its ']' stands for itself.
bool MatchesPart(std::string_view pattern, std::string_view text);

/// Part by part: both must have the same number of parts.
bool MatchesPath(std::string_view pattern, std::string_view path);

}  // namespace tunewire
