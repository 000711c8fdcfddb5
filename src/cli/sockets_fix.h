// tunewire sockets --fix, --trial and --undo: the live fix on sockets of running programs.
#pragma once

#include "cli/session.h"
#include "cli/sockets_arguments.h"

namespace tunewire {

/// Precondition: `arguments.fix` or `arguments.undo` is given.
Answer RunSocketsFix(Session& session, const SocketsArguments& arguments);

}  // namespace tunewire
