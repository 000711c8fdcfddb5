// Addresses of the interfaces of a network namespace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

struct InterfaceAddress {
  std::string interface;
  std::uint32_t index = 0;
  bool loopback = false;  ///< of the loopback interface
  SocketAddress address;  ///< IPv4 or IPv6, port 0
};

/// Of the interfaces that are up, in the calling thread's namespace. Errors: getifaddrs(3).
Result<std::vector<InterfaceAddress>> InterfaceAddresses();

}  // namespace tunewire
