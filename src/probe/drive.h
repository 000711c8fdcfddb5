// One end of one run on a connected socket: its script again and again, timed and stamped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "tunewire/base/result.h"
#include "tunewire/probe/ends.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// The client's half: drives and times the exchanges over `fd`, then shuts its writing side down.
/// `server` of the answer is absent.
Result<RunEvidence> DriveClient(int fd, const RunSpec& spec, const RunWatch& watch);

/// What a server grants a run, whatever its peer says.
struct DriveLimits {
  std::chrono::milliseconds idle{5000};   ///< nothing came or went for so long
  std::chrono::milliseconds most{60000};  ///< of the whole run; 0: no bound
  std::uint64_t exchanges = 0;            ///< 0: no bound
};

/// The server's half: until the client's end of file, `stop`, or a limit ("timed_out").
/// Looks at `stop` at least every 100 ms.
Result<EndEvidence> DriveServer(int fd, const RunSpec& spec, const DriveLimits& limits,
                                const std::function<bool()>& stop);

/// The same; `begun` is called when options and stamping are set and nothing was read yet: the time
/// to let the client go. Its error ends the run.
Result<EndEvidence> DriveServer(int fd, const RunSpec& spec, const DriveLimits& limits,
                                const std::function<Status()>& begun,
                                const std::function<bool()>& stop);

}  // namespace tunewire
