#include "host/interface_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "host/socket_address.h"

namespace tunewire {
namespace {

struct FreeList {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

/// getifaddrs(3) gives no length.
std::optional<SocketAddress> AddressOf(const ifaddrs& one) {
  if (one.ifa_addr == nullptr) return std::nullopt;
  switch (one.ifa_addr->sa_family) {
    case AF_INET:
      return AddressFrom(one.ifa_addr, sizeof(sockaddr_in));
    case AF_INET6:
      return AddressFrom(one.ifa_addr, sizeof(sockaddr_in6));
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::vector<InterfaceAddress>> InterfaceAddresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return Fail(SystemError("getifaddrs", "interfaces", errno));
  const std::unique_ptr<ifaddrs, FreeList> owned(list);
  std::vector<InterfaceAddress> addresses;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    const std::optional<SocketAddress> address = AddressOf(*one);
    if (!address || (one->ifa_flags & IFF_UP) == 0) continue;
    addresses.push_back({one->ifa_name, ::if_nametoindex(one->ifa_name),
                         (one->ifa_flags & IFF_LOOPBACK) != 0, *address});
  }
  return addresses;
}

}  // namespace tunewire
