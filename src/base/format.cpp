// The one file that compiles fmt's implementation.
#define FMT_HEADER_ONLY 1
#include <fmt/format.h>

#include "base/format.h"

namespace tunewire {

std::string FormatArgs(fmt::string_view pattern, fmt::format_args args) {
  return fmt::vformat(pattern, args);
}

}  // namespace tunewire
