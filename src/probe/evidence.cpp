#include "tunewire/probe/evidence.h"

#include <algorithm>
#include <string_view>

namespace tunewire {

std::int64_t ChangeOf(const CounterChanges& changes, std::string_view name) {
  const auto found = std::find_if(changes.begin(), changes.end(),
                                  [&](const auto& one) { return one.first == name; });
  return found == changes.end() ? 0 : found->second;
}

}  // namespace tunewire
