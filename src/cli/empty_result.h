// The `result` object of a command that was refused: its fields are there, with nothing in them.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace tunewire {

std::string EmptyResult(const Invocation& invocation);

}  // namespace tunewire
