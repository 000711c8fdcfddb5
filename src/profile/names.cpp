#include "profile/names.h"

#include <algorithm>

namespace tunewire {
namespace {

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool IsProfileName(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const auto allowed = [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= kLongest && IsAlnum(text.front()) &&
         text.find("..") == std::string_view::npos && std::ranges::all_of(text, allowed);
}

}  // namespace tunewire
