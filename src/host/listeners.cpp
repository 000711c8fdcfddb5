// A sock_diag dump over libnl's core. libnl-idiag is passed over: it sends the legacy request.
#include "tunewire/host/listeners.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "base/format.h"
#include "host/decode_inet_diag.h"

namespace tunewire {
namespace {

constexpr int kAttempts = 8;

struct SocketDeleter {
  void operator()(nl_sock* socket) const { ::nl_socket_free(socket); }
};
using NlSocket = std::unique_ptr<nl_sock, SocketDeleter>;

Error NetlinkError(const char* operation, int nl_error) {
  Error error;
  error.kind = ErrorKind::kIo;
  error.code = "netlink";
  error.operation = operation;
  error.subject = "sock_diag";
  error.message = Format("cannot list listening sockets: {}", ::nl_geterror(nl_error));
  if (nl_error == -NLE_PERM || nl_error == -NLE_NOACCESS) error.kind = ErrorKind::kNotPermitted;
  // Without the inet_diag module the kernel knows no such request.
  if (nl_error == -NLE_OBJ_NOTFOUND || nl_error == -NLE_OPNOTSUPP) {
    error.kind = ErrorKind::kUnsupported;
  }
  return error;
}

int Collect(nl_msg* message, void* to) {
  const nlmsghdr* header = ::nlmsg_hdr(message);
  if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return NL_SKIP;
  const auto* payload = static_cast<const std::byte*>(::nlmsg_data(header));
  const auto size = static_cast<std::size_t>(::nlmsg_datalen(header));
  std::optional<Listener> listener = DecodeListener({payload, size});
  if (listener) static_cast<std::vector<Listener>*>(to)->push_back(std::move(*listener));
  return NL_OK;
}

Result<NlSocket> Connect() {
  NlSocket socket(::nl_socket_alloc());
  if (!socket) return Fail(NetlinkError("socket", -NLE_NOMEM));
  if (const int error = ::nl_connect(socket.get(), NETLINK_SOCK_DIAG); error < 0) {
    return Fail(NetlinkError("socket", error));
  }
  return socket;
}

/// One dump. libnl answers -NLE_DUMP_INTR where the kernel says that the table changed under it.
int Dump(nl_sock* socket, int family, std::vector<Listener>& listeners) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<__u8>(family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = 1U << TCP_LISTEN;
  request.idiag_ext = 1U << (INET_DIAG_CONG - 1);
  ::nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, Collect, &listeners);
  const int sent =
      ::nl_send_simple(socket, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request, sizeof request);
  return sent < 0 ? sent : ::nl_recvmsgs_default(socket);
}

Status DumpWhole(int family, std::vector<Listener>& listeners) {
  int answer = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<NlSocket> socket = Connect();
    if (!socket) return Fail(std::move(socket.error()));
    std::vector<Listener> found;
    answer = Dump(socket->get(), family, found);
    if (answer >= 0) {
      std::move(found.begin(), found.end(), std::back_inserter(listeners));
      return {};
    }
    if (answer != -NLE_DUMP_INTR && answer != -NLE_INTR) break;
  }
  return Fail(NetlinkError("dump", answer));
}

class SockDiagListeners : public ListenerSource {
 public:
  Result<std::vector<Listener>> Listeners() override {
    std::vector<Listener> listeners;
    for (const int family : {AF_INET, AF_INET6}) {
      if (Status status = DumpWhole(family, listeners); !status) {
        return Fail(std::move(status.error()));
      }
    }
    std::sort(listeners.begin(), listeners.end(), [](const Listener& a, const Listener& b) {
      return std::tie(a.port, a.address, a.inode) < std::tie(b.port, b.address, b.inode);
    });
    return listeners;
  }
};

}  // namespace

std::unique_ptr<ListenerSource> LinuxListeners() { return std::make_unique<SockDiagListeners>(); }

}  // namespace tunewire
