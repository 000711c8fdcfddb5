// The whole program behind main: a command line in, an exit status out.
#pragma once

#include <span>

#include "cli/exit_status.h"
#include "cli/machine.h"

namespace tunewire {

/// `words` without the program's name. What is printed goes through the machine's terminal.
ExitStatus RunProgram(Machine& machine, std::span<const char* const> words);

/// Reports what a library threw; the host may be in any state that the journal describes.
ExitStatus ReportThrown(Machine& machine, std::string_view what);

}  // namespace tunewire
