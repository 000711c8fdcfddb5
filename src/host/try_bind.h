// Asks the kernel whether an address can be bound to, and takes no port for it.
#pragma once

#include <string>

namespace tunewire {

/// 0, or the errno of bind(2): EADDRNOTAVAIL where no interface has it and no local route covers
/// it. EINVAL for what is no IPv4 or IPv6 address.
int TryBind(const std::string& address);

}  // namespace tunewire
