// The options of `tunewire probe`, `probe serve` and `probe sweep`.
#pragma once

#include <memory>

#include "cli/command_options.h"

namespace tunewire {

std::unique_ptr<CommandOptions> ProbeOptions();
std::unique_ptr<CommandOptions> ProbeServeOptions();
std::unique_ptr<CommandOptions> ProbeSweepOptions();

}  // namespace tunewire
