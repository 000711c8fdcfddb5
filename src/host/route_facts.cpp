// Routes of the calling thread's network namespace: the main tables' dump, and a lookup.
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/format.h"
#include "host/decode_routes.h"
#include "host/netlink_socket.h"
#include "host/socket_address.h"
#include "tunewire/host/network_facts.h"

namespace tunewire {
namespace {

/// A router of the whole Internet has a million, and they say nothing about this host.
constexpr std::size_t kMostRoutes = 10000;

Error RouteError(const char* operation, std::string subject, int os_error) {
  Error error = SystemError(operation, std::move(subject), os_error);
  error.code = "netlink";
  error.message = Format("cannot read routes: {}", DescribeErrno(os_error));
  return error;
}

Error NoRoute(const SocketAddress& destination, const std::string& why) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_route";
  error.operation = "route";
  error.subject = destination.Text();
  error.message = Format("no route to {}: {}", destination.Text(), why);
  return error;
}

class InterfaceNames {
 public:
  std::string Of(std::uint32_t index) {
    const auto known = names_.find(index);
    if (known != names_.end()) return known->second;
    std::array<char, IF_NAMESIZE> name{};
    if (index == 0 || ::if_indextoname(index, name.data()) == nullptr) name[0] = '\0';
    return names_[index] = name.data();
  }

 private:
  std::map<std::uint32_t, std::string> names_;
};

RouteFacts Named(RouteAnswer answer, InterfaceNames& names) {
  answer.facts.interface = names.Of(answer.interface);
  return std::move(answer.facts);
}

/// Kernels before 4.20 do not filter.
bool IsWanted(const RouteAnswer& route) {
  return route.table == RT_TABLE_MAIN && route.type == RTN_UNICAST && !route.cached;
}

/// ENOENT: nobody has put a route into the table yet. The others: IPv6 is not built in or is off.
bool MeansNone(int os_error) {
  return os_error == ENOENT || os_error == EAFNOSUPPORT || os_error == EOPNOTSUPP;
}

/// The main table of one family; the kernel's errno or 0.
int ReadMainTable(int family, std::vector<RouteAnswer>& routes) {
  // After kEnough the rest of the dump is still under way: one socket for each.
  auto socket = NetlinkSocket::Open(NETLINK_ROUTE, DumpChecks::kStrict);
  if (!socket) return socket.error().os_error;
  rtmsg head{};
  head.rtm_family = static_cast<unsigned char>(family);
  head.rtm_table = RT_TABLE_MAIN;
  head.rtm_type = RTN_UNICAST;
  const int error = AskWhole(
      *socket,
      [&] { return MakeRequest(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, &head, sizeof head); },
      [&] { routes.clear(); },
      [&](const NetlinkAnswer& answer) {
        auto route = DecodeRoute(*answer.header);
        if (route && IsWanted(*route)) routes.push_back(std::move(*route));
        return routes.size() < kMostRoutes ? GoOn::kYes : GoOn::kEnough;
      });
  return MeansNone(error) ? 0 : error;
}

/// Where packets to it go: an address in the form the kernel routes by.
struct Target {
  unsigned char family = AF_INET;
  std::array<std::byte, 16> address{};
  std::size_t size = 4;
  std::uint32_t scope = 0;
  std::uint16_t port = 0;  ///< network byte order
};

Target TargetOf(const SocketAddress& destination) {
  Target target;
  if (FamilyOf(destination) == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, destination.bytes.data(), sizeof v4);
    std::memcpy(target.address.data(), &v4.sin_addr, target.size);
    target.port = v4.sin_port;
    return target;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, destination.bytes.data(), sizeof v6);
  target.port = v6.sin6_port;
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    std::memcpy(target.address.data(), &v6.sin6_addr.s6_addr[12], target.size);
    return target;
  }
  target.family = AF_INET6;
  target.size = sizeof v6.sin6_addr;
  target.scope = v6.sin6_scope_id;
  std::memcpy(target.address.data(), &v6.sin6_addr, target.size);
  return target;
}

NlMessage LookupRequest(const Target& target, unsigned flags) {
  rtmsg head{};
  head.rtm_family = target.family;
  head.rtm_dst_len = static_cast<unsigned char>(target.size * 8);
  head.rtm_flags = flags;
  NlMessage message = MakeRequest(RTM_GETROUTE, NLM_F_REQUEST, &head, sizeof head);
  if (!message) return message;
  ::nla_put(message.get(), RTA_DST, static_cast<int>(target.size), target.address.data());
  if (target.scope != 0) ::nla_put_u32(message.get(), RTA_OIF, target.scope);
  // Rules may tell protocols and ports apart.
  ::nla_put_u8(message.get(), RTA_IP_PROTO, IPPROTO_TCP);
  if (target.port != 0) ::nla_put_u16(message.get(), RTA_DPORT, target.port);
  return message;
}

/// The kernel's errno, or 0 with the answer.
int Lookup(NetlinkSocket& socket, const Target& target, unsigned flags,
           std::optional<RouteAnswer>& found) {
  const NlMessage message = LookupRequest(target, flags);
  if (!message) return ENOMEM;
  const int error = socket.Ask(*message, [&](const NetlinkAnswer& answer) {
    found = DecodeRoute(*answer.header);
    return GoOn::kYes;
  });
  return error != 0 || found ? error : EIO;
}

bool Leads(const RouteAnswer& route) {
  constexpr std::array kTypes{RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST};
  return std::ranges::find(kTypes, route.type) != kTypes.end();
}

/// What a lookup answers for no route, and for routes of the types unreachable and prohibit.
bool MeansNoRoute(int os_error) {
  return os_error == ENETUNREACH || os_error == EHOSTUNREACH || os_error == ESRCH ||
         os_error == EACCES;
}

Result<RouteFacts> ChosenRoute(const SocketAddress& destination, InterfaceNames& names) {
  auto socket = NetlinkSocket::Open(NETLINK_ROUTE, DumpChecks::kLoose);
  if (!socket) return Fail(std::move(socket.error()));
  const Target target = TargetOf(destination);
  std::optional<RouteAnswer> route;
  const int error = Lookup(*socket, target, 0, route);
  if (error == EINVAL) return Fail(NoRoute(destination, "a blackhole route swallows it (EINVAL)"));
  if (MeansNoRoute(error)) return Fail(NoRoute(destination, DescribeErrno(error)));
  if (error != 0) return Fail(RouteError("lookup", destination.Text(), error));
  if (!Leads(*route)) return Fail(NoRoute(destination, "the route there refuses packets"));
  RouteFacts facts = Named(std::move(*route), names);
  facts.chosen = true;
  // The lookup speaks of the address alone; this of the line in the table.
  std::optional<RouteAnswer> line;
  if (Lookup(*socket, target, RTM_F_FIB_MATCH, line) == 0 && !line->cached) {
    facts.destination = line->facts.destination;
  }
  return facts;
}

}  // namespace

Result<std::vector<RouteFacts>> ReadRouteFacts(const SocketAddress* destination) {
  InterfaceNames names;
  std::vector<RouteFacts> routes;
  if (destination != nullptr) {
    auto chosen = ChosenRoute(*destination, names);
    if (!chosen) return Fail(std::move(chosen.error()));
    routes.push_back(std::move(*chosen));
  }
  for (const int family : {AF_INET, AF_INET6}) {
    std::vector<RouteAnswer> answers;
    if (const int error = ReadMainTable(family, answers); error != 0) {
      return Fail(RouteError("dump", "rtnetlink", error));
    }
    for (RouteAnswer& one : answers) routes.push_back(Named(std::move(one), names));
  }
  return routes;
}

}  // namespace tunewire
