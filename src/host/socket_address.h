// Between SocketAddress and the kernel's structures.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "tunewire/host/tcp.h"

namespace tunewire {

/// Nothing where it is neither AF_INET nor AF_INET6, or too short for its family.
std::optional<SocketAddress> AddressFrom(const sockaddr* address, std::size_t length);

[[nodiscard]] int FamilyOf(const SocketAddress& address);

/// With another port, in host byte order.
SocketAddress WithPort(const SocketAddress& address, std::uint16_t port);

/// The address of an interface as its owner sees it, with the zone another host needs.
SocketAddress WithScope(const SocketAddress& address, std::uint32_t interface);

[[nodiscard]] bool IsLinkLocal(const SocketAddress& address);

inline const sockaddr* Generic(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(address.bytes.data());
}

/// 127.0.0.1 and ::1, without a port.
SocketAddress LoopbackV4();
SocketAddress LoopbackV6();

}  // namespace tunewire
