// The words that ask systemd for a transient timer. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tunewire/host/detached.h"

namespace tunewire {

/// The whole call of systemd-run(1), to start `program` with the command's arguments after its
/// delay. Nothing where an argument holds '$' or '%': versions differ in what they expand.
std::optional<std::vector<std::string>> SystemdRunCall(const std::string& systemd_run,
                                                       const std::string& program,
                                                       const DetachedCommand& command);

}  // namespace tunewire
