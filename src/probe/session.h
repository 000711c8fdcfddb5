// One client's session with a server: its runs, one after the other, until it says bye, does what
// is not agreed, or its time is over.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "probe/lobby.h"

namespace tunewire {

struct SessionEnd {
  std::uint32_t runs = 0;  ///< that began
  std::string how;         ///< for people: "bye", "timed out", ...
};

/// `first_run` is told once, when a run begins. Never longer than kSessionTime, and 100 ms after
/// `stop` said so.
SessionEnd ServeSession(Greeting greeting, Lobby& lobby, const std::function<void()>& first_run,
                        const std::function<bool()>& stop);

/// "tunewire 0.1.0"
std::string ProgramName();

}  // namespace tunewire
