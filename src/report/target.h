// Which host a report speaks of, and how its next command must be written to reach the same one.
#pragma once

#include <string>
#include <string_view>

#include "report/style.h"

namespace tunewire {

struct Target {
  std::string words = "this host";  ///< "this host", "namespace blue", "tree /srv/capture"
  std::string flags;                ///< " --netns blue": put behind every command that is advised
};

/// "tunewire apply web --confirm 60s --netns blue".
inline std::string CommandFor(const Target& target, std::string_view command) {
  return "tunewire " + std::string(command) + target.flags;
}

/// "next: COMMAND" with what stands before it, kept on one line so that it can be copied; nothing
/// where quiet.
std::string NextLine(std::string_view before, std::string_view command, const Style& style);

}  // namespace tunewire
