// What `check`, `snapshot` and `diff` may be told.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/check/walls.h"

namespace tunewire {

struct CheckArguments {
  /// Absent where no option names a load. Its destinations are filled in by the command.
  std::optional<LoadWish> load;
  std::vector<std::string> to;          ///< --to, "HOST:PORT" as given
  std::string interface;                ///< --interface, empty: the route's, else all
  std::chrono::milliseconds window{0};  ///< --for, between two readings of the counters
  bool calibrate = true;                ///< --no-calibration; without a load there is none
  bool fix = false;                     ///< print the profile, and nothing else
};

struct SnapshotArguments {
  std::string out;  ///< a new file; empty: standard output
};

struct DiffArguments {
  std::string before;
  std::string after;  ///< empty: this host, now
};

}  // namespace tunewire
