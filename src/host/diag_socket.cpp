#include "host/diag_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace tunewire {
namespace {

// The kernel fills datagrams of a dump up to 32 KiB, and none larger.
constexpr std::size_t kRoom = 64 * 1024;
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

/// Other processes may send to a netlink socket as well; the kernel's number is 0.
bool IsFromKernel(const sockaddr_nl& from) { return from.nl_pid == 0; }

}  // namespace

Error DiagError(const char* operation, int os_error) {
  Error error = SystemError(operation, "sock_diag", os_error);
  // The kernel has no tcp_diag, or may not load it.
  const bool missing = os_error == ENOENT || os_error == EOPNOTSUPP ||
                       os_error == EPROTONOSUPPORT || os_error == EAFNOSUPPORT;
  if (missing) error.kind = ErrorKind::kUnsupported;
  return error;
}

DiagSocket::DiagSocket(UniqueFd fd) : fd_(std::move(fd)), room_(kRoom) {}

Result<DiagSocket> DiagSocket::Open() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.valid()) return Fail(DiagError("socket", errno));
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0) {
    return Fail(DiagError("setsockopt", errno));
  }
  return DiagSocket(std::move(fd));
}

Status DiagSocket::Send(std::span<const std::byte> messages) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent = 0;
  do {
    sent = ::sendto(fd_.get(), messages.data(), messages.size(), 0,
                    reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return Fail(DiagError("sendto", errno));
  return {};
}

Result<DiagSocket::Datagram> DiagSocket::Receive() {
  for (;;) {
    sockaddr_nl from{};
    iovec room{room_.data(), room_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    const ssize_t size = ::recvmsg(fd_.get(), &message, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(DiagError("recvmsg", errno));
    if (!IsFromKernel(from)) continue;
    return Datagram{.bytes = std::span(room_).first(static_cast<std::size_t>(size)),
                    .cut = (message.msg_flags & MSG_TRUNC) != 0};
  }
}

}  // namespace tunewire
