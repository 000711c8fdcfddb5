#include "tunewire/host/scratch_pair.h"

#include <fcntl.h>
#include <linux/if.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/socket.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>

#include "base/format.h"
#include "host/beneath.h"
#include "host/scratch_writes.h"
#include "host/side_thread.h"

namespace tunewire {
namespace {

// TEST-NET-1 of RFC 5737; nothing leaves the pair.
constexpr const char* kClientAddress = "192.0.2.1/30";
constexpr const char* kServerAddress = "192.0.2.2/30";
constexpr const char* kServerHost = "192.0.2.2";
constexpr const char* kClientLink = "tw0";
constexpr const char* kServerLink = "tw1";

template <auto kFree>
struct NlDeleter {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using NlSocket = std::unique_ptr<nl_sock, NlDeleter<&::nl_socket_free>>;
using NlLink = std::unique_ptr<rtnl_link, NlDeleter<&::rtnl_link_put>>;
using NlAddress = std::unique_ptr<nl_addr, NlDeleter<&::nl_addr_put>>;
using NlInterfaceAddress = std::unique_ptr<rtnl_addr, NlDeleter<&::rtnl_addr_put>>;

Error LinkError(const char* operation, const char* link, int nl_error) {
  Error error;
  error.kind = nl_error == -NLE_PERM || nl_error == -NLE_NOACCESS ? ErrorKind::kNotPermitted
               : nl_error == -NLE_OPNOTSUPP                       ? ErrorKind::kUnsupported
                                                                  : ErrorKind::kIo;
  error.code = "netlink";
  error.operation = operation;
  error.subject = link;
  error.message =
      Format("cannot {} {} in a scratch namespace: {}", operation, link, ::nl_geterror(nl_error));
  return error;
}

Error NoNamespace(int os_error) {
  Error error = SystemError("unshare", "network namespace", os_error);
  if (error.kind != ErrorKind::kNotPermitted) error.kind = ErrorKind::kUnsupported;
  error.code = "no_namespace";
  error.message = Format("no scratch network namespace: {}", DescribeErrno(os_error));
  return error;
}

/// Runs on a thread of its own, which may change namespaces as it likes.
Status Aside(const std::function<Status()>& work) {
  Status status;
  {
    const SideThread thread([&] { status = work(); });
  }
  return status;
}

Result<NlSocket> RouteSocket() {
  NlSocket socket(::nl_socket_alloc());
  if (!socket) return Fail(LinkError("configure", "netlink", -NLE_NOMEM));
  if (const int error = ::nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
    return Fail(LinkError("configure", "netlink", error));
  return socket;
}

Status MakeVeth(nl_sock* socket, int server_netns) {
  const NlLink veth(::rtnl_link_veth_alloc());
  if (!veth) return Fail(LinkError("make", kClientLink, -NLE_NOMEM));
  ::rtnl_link_set_name(veth.get(), kClientLink);
  const NlLink peer(::rtnl_link_veth_get_peer(veth.get()));
  ::rtnl_link_set_name(peer.get(), kServerLink);
  ::rtnl_link_set_ns_fd(peer.get(), server_netns);
  const int error = ::rtnl_link_add(socket, veth.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (error < 0) return Fail(LinkError("make", kClientLink, error));
  return {};
}

Status BringUp(nl_sock* socket, const char* name) {
  rtnl_link* found = nullptr;
  if (const int error = ::rtnl_link_get_kernel(socket, 0, name, &found); error < 0)
    return Fail(LinkError("find", name, error));
  const NlLink link(found);
  const NlLink change(::rtnl_link_alloc());
  ::rtnl_link_set_flags(change.get(), IFF_UP);
  const int error = ::rtnl_link_change(socket, link.get(), change.get(), 0);
  if (error < 0) return Fail(LinkError("bring up", name, error));
  return {};
}

Status GiveAddress(nl_sock* socket, const char* name, const char* text) {
  nl_addr* parsed = nullptr;
  if (const int error = ::nl_addr_parse(text, AF_INET, &parsed); error < 0)
    return Fail(LinkError("give an address to", name, error));
  const NlAddress local(parsed);
  rtnl_link* found = nullptr;
  if (const int error = ::rtnl_link_get_kernel(socket, 0, name, &found); error < 0)
    return Fail(LinkError("find", name, error));
  const NlLink link(found);
  const NlInterfaceAddress address(::rtnl_addr_alloc());
  ::rtnl_addr_set_ifindex(address.get(), ::rtnl_link_get_ifindex(link.get()));
  ::rtnl_addr_set_local(address.get(), local.get());
  const int error = ::rtnl_addr_add(socket, address.get(), 0);
  if (error < 0) return Fail(LinkError("give an address to", name, error));
  return {};
}

Status Configure(const char* name, const char* address) {
  const Result<NlSocket> socket = RouteSocket();
  if (!socket) return Fail(socket.error());
  if (Status given = GiveAddress(socket->get(), name, address); !given) return given;
  return BringUp(socket->get(), name);
}

Status In(int netns, const std::function<Status()>& work) {
  return Aside([&]() -> Status {
    if (::setns(netns, CLONE_NEWNET) != 0)
      return Fail(SystemError("setns", "network namespace", errno));
    return work();
  });
}

/// A namespace without interfaces but for lo, in which all writes were tried.
struct Side {
  UniqueFd netns;
  std::vector<RehearsedWrite> writes;
};

Result<Side> MakeSide(const ScratchWrites& writes) {
  Side side;
  const Status made = Aside([&]() -> Status {
    if (::unshare(CLONE_NEWNET) != 0) return Fail(NoNamespace(errno));
    side.netns = OpenFile("/proc/thread-self/ns/net", O_RDONLY);
    if (!side.netns.valid()) return Fail(NoNamespace(errno));
    for (std::size_t i = 0; i < writes.size(); ++i) side.writes.push_back(writes.Try(i));
    return {};
  });
  if (!made) return Fail(made.error());
  return side;
}

/// May this process make network namespaces, if need be in a user namespace of its own?
Status MayMake() {
  const Status tried = Aside([]() -> Status {
    return ::unshare(CLONE_NEWNET) == 0 ? Status() : Fail(NoNamespace(errno));
  });
  if (tried || tried.error().os_error != EPERM) return tried;
  const int refused = LeaveNetworkNamespace();
  return refused == 0 ? Status() : Fail(NoNamespace(refused));
}

class VethPair : public ScratchPair {
 public:
  VethPair(Side client, Side server, SocketAddress listen)
      : client_(std::move(client)), server_(std::move(server)), listen_(listen) {
    for (std::size_t i = 0; i < client_.writes.size(); ++i) {
      if (client_.writes[i].verdict == RehearsedWrite::Verdict::kAccepted)
        client_.writes[i] = server_.writes[i];
    }
  }

  const std::vector<RehearsedWrite>& writes() const override { return client_.writes; }

  Result<TrafficResult> Run(const TrafficWish& wish) override {
    return RunTraffic(wish, {client_.netns.get(), server_.netns.get(), listen_});
  }

 private:
  Side client_, server_;
  SocketAddress listen_;
};

}  // namespace

Result<std::unique_ptr<ScratchPair>> MakeScratchPair(std::span<const KeyText> writes) {
  const Result<ScratchWrites> prepared = ScratchWrites::Prepare(writes);
  if (!prepared) return Fail(prepared.error());
  if (Status may = MayMake(); !may) return Fail(may.error());
  Result<Side> client = MakeSide(*prepared);
  if (!client) return Fail(client.error());
  Result<Side> server = MakeSide(*prepared);
  if (!server) return Fail(server.error());
  Status joined = In(client->netns.get(), [&]() -> Status {
    const Result<NlSocket> socket = RouteSocket();
    if (!socket) return Fail(socket.error());
    if (Status made = MakeVeth(socket->get(), server->netns.get()); !made) return made;
    return Configure(kClientLink, kClientAddress);
  });
  if (!joined) return Fail(joined.error());
  joined = In(server->netns.get(), [] { return Configure(kServerLink, kServerAddress); });
  if (!joined) return Fail(joined.error());
  const Result<std::vector<SocketAddress>> listen = ResolveHost({kServerHost, 0});
  if (!listen) return Fail(listen.error());
  return std::make_unique<VethPair>(*std::move(client), *std::move(server), listen->front());
}

}  // namespace tunewire
