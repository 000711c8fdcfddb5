// The options of `tunewire sockets` and `tunewire counters`.
#pragma once

#include <memory>

#include "cli/command_options.h"

namespace tunewire {

std::unique_ptr<CommandOptions> SocketsOptions();
std::unique_ptr<CommandOptions> CountersOptions();

}  // namespace tunewire
