// Answers of rtnetlink(7) about routes, through libnl-route. Pure.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "tunewire/host/network_facts.h"

namespace tunewire {

/// What one RTM_NEWROUTE says. Of several next hops the first stands in `facts`; its interface is
/// not named yet.
struct RouteAnswer {
  RouteFacts facts;
  std::uint32_t table = 0;
  std::uint8_t type = 0;  ///< RTN_UNICAST, RTN_LOCAL, ...
  bool cached = false;    ///< a lookup's result or an exception, no line of a table
  std::uint32_t interface = 0;
};

/// A whole message, header and all; nothing where libnl-route does not take it, or where it is
/// neither IPv4 nor IPv6.
std::optional<RouteAnswer> DecodeRoute(nlmsghdr& message);

}  // namespace tunewire
