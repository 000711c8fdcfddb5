// The live fixes by name.
#pragma once

#include <string_view>

namespace tunewire {

enum class FixKind { kNodelay, kQuickAck, kUncork };

std::string_view NameOf(FixKind kind);  ///< "nodelay", "quickack", "uncork"

}  // namespace tunewire
