#include "host/netlink_socket.h"

#include <netlink/errno.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace tunewire {
namespace {

constexpr int kAttempts = 8;

/// What the callbacks of one exchange share.
struct Exchange {
  const TakeAnswer* take = nullptr;
  int os_error = 0;
};

int Valid(nl_msg* message, void* to) {
  const auto& exchange = *static_cast<Exchange*>(to);
  nlmsghdr* const header = ::nlmsg_hdr(message);
  const auto* payload = static_cast<const std::byte*>(::nlmsg_data(header));
  const auto size = static_cast<std::size_t>(::nlmsg_datalen(header));
  const GoOn more = (*exchange.take)({header, {payload, size}});
  return more == GoOn::kYes ? NL_OK : NL_STOP;
}

/// A dump that fails half-way says so in the payload of its end (NLMSG_DONE).
int Finish(nl_msg* message, void* to) {
  const nlmsghdr* header = ::nlmsg_hdr(message);
  int code = 0;
  if (::nlmsg_datalen(header) >= static_cast<int>(sizeof code)) {
    std::memcpy(&code, ::nlmsg_data(header), sizeof code);
  }
  if (code < 0) static_cast<Exchange*>(to)->os_error = -code;
  return NL_STOP;
}

int Refused(sockaddr_nl* /*from*/, nlmsgerr* error, void* to) {
  static_cast<Exchange*>(to)->os_error = -error->error;
  return NL_STOP;
}

/// Of libnl's own troubles; those of the kernel come by Refused.
int ErrnoOf(int nl_error) {
  switch (-nl_error) {
    case NLE_INTR:
    case NLE_DUMP_INTR:
      return EINTR;
    case NLE_NOMEM:
      return ENOMEM;
    case NLE_PERM:
      return EPERM;
    case NLE_NOACCESS:
      return EACCES;
    case NLE_AF_NOSUPPORT:
      return EAFNOSUPPORT;
    case NLE_PROTO_MISMATCH:
      return EPROTONOSUPPORT;
    case NLE_OPNOTSUPP:
      return EOPNOTSUPP;
    default:
      return EIO;
  }
}

Error OpenError(const char* operation, int nl_error) {
  return SystemError(operation, "netlink", ErrnoOf(nl_error));
}

}  // namespace

void FreeNlSocket::operator()(nl_sock* socket) const { ::nl_socket_free(socket); }
void FreeNlMessage::operator()(nl_msg* message) const { ::nlmsg_free(message); }

Result<NetlinkSocket> NetlinkSocket::Open(int protocol, DumpChecks checks) {
  NetlinkSocket socket(::nl_socket_alloc());
  if (!socket.socket_) return Fail(OpenError("socket", -NLE_NOMEM));
  if (const int error = ::nl_connect(socket.get(), protocol); error < 0) {
    return Fail(OpenError("connect", error));
  }
  ::nl_socket_disable_auto_ack(socket.get());
  if (checks == DumpChecks::kStrict) {
    // Kernels before 4.20 do not know it and do not filter; whoever asks filters as well.
    const int on = 1;
    ::setsockopt(::nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
                 sizeof on);
  }
  return socket;
}

int NetlinkSocket::Ask(nl_msg& request, const TakeAnswer& take) {
  Exchange exchange{&take, 0};
  ::nl_socket_modify_cb(get(), NL_CB_VALID, NL_CB_CUSTOM, Valid, &exchange);
  ::nl_socket_modify_cb(get(), NL_CB_FINISH, NL_CB_CUSTOM, Finish, &exchange);
  ::nl_socket_modify_err_cb(get(), NL_CB_CUSTOM, Refused, &exchange);
  const int sent = ::nl_send_auto(get(), &request);
  if (sent < 0) return ErrnoOf(sent);
  const int answer = ::nl_recvmsgs_default(get());
  if (exchange.os_error != 0) return exchange.os_error;
  return answer < 0 ? ErrnoOf(answer) : 0;
}

NlMessage MakeRequest(int type, int flags, const void* head, std::size_t size) {
  NlMessage message(::nlmsg_alloc_simple(type, flags));
  if (message && ::nlmsg_append(message.get(), const_cast<void*>(head), size, NLMSG_ALIGNTO) < 0) {
    message.reset();
  }
  return message;
}

int AskWhole(NetlinkSocket& socket, const std::function<NlMessage()>& request,
             const std::function<void()>& begin, const TakeAnswer& take) {
  int answer = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    begin();
    const NlMessage message = request();
    if (!message) return ENOMEM;
    answer = socket.Ask(*message, take);
    if (answer != EINTR) break;
  }
  return answer;
}

}  // namespace tunewire
