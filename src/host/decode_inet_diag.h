// Answers of sock_diag(7) to a dump of listening TCP sockets, as bytes. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "tunewire/host/listeners.h"

namespace tunewire {

/// The payload of one SOCK_DIAG_BY_FAMILY message (struct inet_diag_msg and attributes). Nothing
/// where it is too short, of another family, or not listening.
std::optional<Listener> DecodeListener(std::span<const std::byte> payload);

}  // namespace tunewire
