// How long an exchange takes by its scripts alone, were networks and kernels instant. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "tunewire/probe/pattern.h"

namespace tunewire {

struct ScriptedLength {
  std::int64_t ns = 0;         ///< both ends' sleeps, overlapping as they do
  std::int64_t client_ns = 0;  ///< were only the client's sleeps there
  std::int64_t server_ns = 0;  ///< were only the server's

  bool operator==(const ScriptedLength&) const = default;
};

/// Of an exchange in the middle of a run: a server that still sleeps after its last answer makes
/// the next exchange longer, a client that rests (`think`) between exchanges gives it time.
ScriptedLength LengthOfScripts(const Traffic& traffic, std::chrono::microseconds think);

}  // namespace tunewire
