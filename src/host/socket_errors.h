// What goes wrong with a connection, as errors with stable codes.
#pragma once

#include <chrono>
#include <string>

#include "tunewire/base/error.h"

namespace tunewire {

/// errno of a call on a connection: "refused", "unreachable", "timed_out", "peer_gone", or as
/// SystemError. `subject` is the address, or what stands for the peer.
Error ConnectionError(std::string operation, std::string subject, int os_error);

Error TimedOut(std::string operation, std::string subject, std::chrono::milliseconds waited);

/// End of file where more was due.
Error PeerGone(std::string operation, std::string subject);

}  // namespace tunewire
