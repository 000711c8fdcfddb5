// Glob matching by parts, in time pattern x text at worst.
#include "catalog/glob.h"

#include <cstddef>

namespace tunewire {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Where the bracket expression at `open` ends, kNone where it never does. "[]a]" holds a ']'.
std::size_t BracketEnd(std::string_view pattern, std::size_t open) {
  std::size_t first = open + 1;
  if (first < pattern.size() && (pattern[first] == '!' || pattern[first] == '^')) ++first;
  return pattern.find(']', first + 1);
}

/// `set` is what stands between the brackets, the negation taken off.
bool SetHolds(std::string_view set, char c) {
  const auto byte = [](char x) { return static_cast<unsigned char>(x); };
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      if (byte(set[i]) <= byte(c) && byte(c) <= byte(set[i + 2])) return true;
      i += 2;
    } else if (set[i] == c) {
      return true;
    }
  }
  return false;
}

struct OneByte {
  bool matches;
  std::size_t next;  ///< where the pattern goes on
};

/// Does the element of the pattern at `at`, which is no '*', stand for `c`?
OneByte MatchOne(std::string_view pattern, std::size_t at, char c) {
  if (pattern[at] == '?') return {true, at + 1};
  const std::size_t close = pattern[at] == '[' ? BracketEnd(pattern, at) : kNone;
  if (close == kNone) return {pattern[at] == c, at + 1};
  std::string_view set = pattern.substr(at + 1, close - at - 1);
  const bool negated = set.front() == '!' || set.front() == '^';
  if (negated) set.remove_prefix(1);
  return {SetHolds(set, c) != negated, close + 1};
}

std::string_view TakePart(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path = slash == kNone ? std::string_view() : path.substr(slash + 1);
  return part;
}

}  // namespace

bool MatchesPart(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t after_star = kNone;  // where to go on when the last '*' swallows one byte more
  std::size_t star_text = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      after_star = ++at;
      star_text = i;
      continue;
    }
    const OneByte one = at < pattern.size() ? MatchOne(pattern, at, text[i]) : OneByte{false, at};
    if (one.matches) {
      at = one.next;
      ++i;
    } else if (after_star != kNone) {
      at = after_star;
      i = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

bool MatchesPath(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    if (!MatchesPart(TakePart(pattern), TakePart(path))) return false;
  }
  return pattern.empty() && path.empty();
}

}  // namespace tunewire
