#include "host/decode_routes.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <array>
#include <memory>
#include <span>

#include "base/format.h"
#include "host/netlink_attributes.h"

namespace tunewire {
namespace {

struct PutRoute {
  void operator()(rtnl_route* route) const { ::rtnl_route_put(route); }
};

/// Empty where there is no address.
std::string HostText(int family, nl_addr* address) {
  if (address == nullptr || ::nl_addr_get_len(address) == 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = ::nl_addr_get_binary_addr(address);
  return ::inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string DestinationText(int family, nl_addr* address) {
  const unsigned whole = family == AF_INET ? 32 : 128;
  const unsigned prefix = address == nullptr ? 0 : ::nl_addr_get_prefixlen(address);
  if (prefix == 0) return "default";
  const std::string host = HostText(family, address);
  return prefix == whole ? host : Format("{}/{}", host, prefix);
}

void TakeMetrics(rtnl_route& route, RouteFacts& facts) {
  const auto take = [&](int metric, std::optional<std::uint32_t>& to) {
    std::uint32_t value = 0;
    if (::rtnl_route_get_metric(&route, metric, &value) == 0) to = value;
  };
  take(RTAX_MTU, facts.mtu);
  take(RTAX_ADVMSS, facts.advmss);
  take(RTAX_INITCWND, facts.initcwnd);
  take(RTAX_INITRWND, facts.initrwnd);
  take(RTAX_RTO_MIN, facts.rto_min_ms);
  take(RTAX_QUICKACK, facts.quickack);
  take(RTAX_CWND, facts.cwnd);
  take(RTAX_WINDOW, facts.window);
  take(RTAX_HOPLIMIT, facts.hoplimit);
  take(RTAX_FASTOPEN_NO_COOKIE, facts.fastopen_no_cookie);
}

/// libnl-route takes every metric for a number; this one is a name.
std::optional<std::string> CongestionControl(nlmsghdr& message) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&message);
  const std::span<const std::byte> attributes(bytes + NLMSG_SPACE(sizeof(rtmsg)),
                                              bytes + message.nlmsg_len);
  const auto metrics = FindAttribute(attributes, RTA_METRICS);
  if (!metrics) return std::nullopt;
  std::string name = TextAttribute(*metrics, RTAX_CC_ALGO);
  return name.empty() ? std::nullopt : std::optional(std::move(name));
}

bool IsRouteMessage(const nlmsghdr& message) {
  return message.nlmsg_type == RTM_NEWROUTE && message.nlmsg_len >= NLMSG_SPACE(sizeof(rtmsg));
}

}  // namespace

std::optional<RouteAnswer> DecodeRoute(nlmsghdr& message) {
  if (!IsRouteMessage(message)) return std::nullopt;
  const int family = static_cast<const rtmsg*>(::nlmsg_data(&message))->rtm_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  rtnl_route* parsed = nullptr;
  if (::rtnl_route_parse(&message, &parsed) < 0) return std::nullopt;
  const std::unique_ptr<rtnl_route, PutRoute> route(parsed);
  RouteAnswer answer;
  answer.table = ::rtnl_route_get_table(parsed);
  answer.type = ::rtnl_route_get_type(parsed);
  answer.cached = (::rtnl_route_get_flags(parsed) & RTM_F_CLONED) != 0;
  answer.facts.destination = DestinationText(family, ::rtnl_route_get_dst(parsed));
  answer.facts.source = HostText(family, ::rtnl_route_get_pref_src(parsed));
  if (rtnl_nexthop* const hop = ::rtnl_route_nexthop_n(parsed, 0)) {
    answer.interface = static_cast<std::uint32_t>(::rtnl_route_nh_get_ifindex(hop));
    nl_addr* gateway = ::rtnl_route_nh_get_gateway(hop);
    // An IPv6 gateway of an IPv4 route (RTA_VIA).
    if (gateway == nullptr) gateway = ::rtnl_route_nh_get_via(hop);
    if (gateway != nullptr) answer.facts.gateway = HostText(::nl_addr_get_family(gateway), gateway);
  }
  TakeMetrics(*parsed, answer.facts);
  answer.facts.congestion_control = CongestionControl(message);
  return answer;
}

}  // namespace tunewire
