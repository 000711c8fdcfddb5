// What `sockets` and `counters` may be told.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/sockets/fix_kind.h"

namespace tunewire {

struct SocketsArguments {
  std::vector<int> pids;
  std::string command;  ///< /proc/PID/comm or the executable's name, empty: any
  std::string unit;     ///< "nginx.service", empty: any
  std::optional<std::uint16_t> port;
  std::string peer;  ///< "10.0.0.9", "10.0.0.0/8", "[::1]:80", empty: any
  bool all = false;
  std::optional<std::chrono::milliseconds> time;  ///< --for; each mode has its own where not given
  bool options = false;
  bool listeners = false;
  bool watch = false;
  std::string record, replay;  ///< files
  std::optional<FixKind> fix;
  bool fix_listener = false;  ///< --listener
  bool yes = false;
  std::optional<std::chrono::milliseconds> trial;
  bool undo = false;
};

struct CountersArguments {
  std::chrono::milliseconds time{5000};
  bool all = false;  ///< also those that do not matter
};

}  // namespace tunewire
