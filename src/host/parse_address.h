// Addresses as text, numbers only.
#pragma once

#include <optional>
#include <string_view>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// "10.0.0.9", "2001:db8::1" (inet_pton(3)); the port is 0. Nothing where it is neither.
std::optional<SocketEnd> ParseAddress(std::string_view text);

}  // namespace tunewire
