// Format(): fmt's syntax behind its light header; the heavy half is compiled once, in format.cpp,
// so that the program needs no libfmt.so at start.
#pragma once

#include <fmt/core.h>

#include <string>

namespace tunewire {

std::string FormatArgs(fmt::string_view pattern, fmt::format_args args);

template <class... Args>
std::string Format(fmt::format_string<Args...> pattern, Args&&... args) {
  return FormatArgs(pattern, fmt::make_format_args(args...));
}

}  // namespace tunewire
