// Two rtnetlink dumps over libnl's core: interfaces, for their names and kinds, and qdiscs. Not
// /sys/class/net, which may show another namespace's.
#include "host/qdiscs.h"

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <memory>
#include <optional>

#include "base/format.h"
#include "host/decode_rtnetlink.h"

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
  error.subject = "rtnetlink";
  error.message = Format("cannot list queueing disciplines: {}", ::nl_geterror(nl_error));
  if (nl_error == -NLE_PERM || nl_error == -NLE_NOACCESS) error.kind = ErrorKind::kNotPermitted;
  if (nl_error == -NLE_OPNOTSUPP) error.kind = ErrorKind::kUnsupported;
  return error;
}

template <class Row>
struct Rows {
  std::optional<Row> (*decode)(std::span<const std::byte>);
  int type;
  std::vector<Row> rows;
};

template <class Row>
int Collect(nl_msg* message, void* to) {
  auto& rows = *static_cast<Rows<Row>*>(to);
  const nlmsghdr* header = ::nlmsg_hdr(message);
  if (header->nlmsg_type != rows.type) return NL_SKIP;
  const auto* payload = static_cast<const std::byte*>(::nlmsg_data(header));
  auto row = rows.decode({payload, static_cast<std::size_t>(::nlmsg_datalen(header))});
  if (row) rows.rows.push_back(std::move(*row));
  return NL_OK;
}

/// One dump into `rows`; a negative number of libnl where it failed.
template <class Row, class Request>
int DumpOnce(int type, Request request, Rows<Row>& rows) {
  const NlSocket socket(::nl_socket_alloc());
  if (!socket) return -NLE_NOMEM;
  if (const int error = ::nl_connect(socket.get(), NETLINK_ROUTE); error < 0) return error;
  ::nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, Collect<Row>, &rows);
  const int sent = ::nl_send_simple(socket.get(), type, NLM_F_DUMP, &request, sizeof request);
  return sent < 0 ? sent : ::nl_recvmsgs_default(socket.get());
}

template <class Row, class Request>
Result<std::vector<Row>> DumpAll(int type, Request request,
                                 std::optional<Row> (*decode)(std::span<const std::byte>)) {
  int answer = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // The kernel answers RTM_GETLINK with RTM_NEWLINK, two numbers below.
    Rows<Row> rows{decode, type - 2, {}};
    answer = DumpOnce(type, request, rows);
    if (answer >= 0) return std::move(rows.rows);
    if (answer != -NLE_DUMP_INTR && answer != -NLE_INTR) break;
  }
  return Fail(NetlinkError("dump", answer));
}

}  // namespace

Result<std::vector<InterfaceQdisc>> ReadQdiscs() {
  static_assert(RTM_NEWLINK == RTM_GETLINK - 2 && RTM_NEWQDISC == RTM_GETQDISC - 2);
  auto qdiscs = DumpAll<Qdisc>(RTM_GETQDISC, tcmsg{}, DecodeQdisc);
  if (!qdiscs) return Fail(std::move(qdiscs.error()));
  auto links = DumpAll<Link>(RTM_GETLINK, ifinfomsg{}, DecodeLink);
  if (!links) return Fail(std::move(links.error()));
  return RootQdiscs(*links, *qdiscs);
}

}  // namespace tunewire
