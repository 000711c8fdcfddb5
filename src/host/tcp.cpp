#include "tunewire/host/tcp.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/format.h"
#include "host/precise_clock.h"
#include "host/socket_address.h"
#include "host/socket_errors.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

constexpr const char* kPeer = "the peer";

/// A point of CLOCK_MONOTONIC at which patience ends.
class Deadline {
 public:
  explicit Deadline(milliseconds patience)
      : at_(MonotonicNow() + std::max<std::int64_t>(0, patience.count()) * 1'000'000) {}
  /// For poll(2): rounded up, so that it never spins on the last fraction.
  [[nodiscard]] int MillisecondsLeft() const {
    const std::int64_t left = at_ - MonotonicNow();
    return left <= 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 1 << 30));
  }

 private:
  std::int64_t at_;
};

/// True once `fd` is ready for `events`, or broken; false when the deadline came first.
bool AwaitReady(int fd, short events, const Deadline& deadline) {
  for (;;) {
    pollfd look{fd, events, 0};
    const int left = deadline.MillisecondsLeft();
    const int ready = ::poll(&look, 1, left);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows says what is wrong
    if (left == 0) return false;
  }
}

Status BindSource(int fd, const SocketAddress& where, const std::string& source) {
  const Result<std::vector<SocketAddress>> address = ResolveHost({source, 0});
  if (address) {
    for (const SocketAddress& one : *address) {
      if (FamilyOf(one) != FamilyOf(where)) continue;
      if (::bind(fd, Generic(one), one.length) == 0) return {};
      break;
    }
  }
  Error error = SystemError("bind", source, address ? errno : 0);
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_address";
  error.message = Format("'{}' is no address to connect to {} from", source, where.Text());
  return Fail(std::move(error));
}

Status FinishConnect(int fd, const SocketAddress& where, milliseconds patience) {
  if (!AwaitReady(fd, POLLOUT, Deadline(patience))) {
    Error error = ConnectionError("connect", where.Text(), ETIMEDOUT);
    error.message = Format("{} does not answer within {} ms", where.Text(), patience.count());
    return Fail(std::move(error));
  }
  int os_error = 0;
  socklen_t size = sizeof os_error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &os_error, &size) != 0) os_error = errno;
  if (os_error != 0) return Fail(ConnectionError("connect", where.Text(), os_error));
  return {};
}

Status MakeBlocking(int fd, const SocketAddress& where) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0 && ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0) return {};
  return Fail(SystemError("fcntl", where.Text(), errno));
}

Result<UniqueFd> OpenStream(const SocketAddress& where, int flags) {
  UniqueFd fd(::socket(FamilyOf(where), SOCK_STREAM | SOCK_CLOEXEC | flags, IPPROTO_TCP));
  if (!fd.valid()) return Fail(SystemError("socket", where.Text(), errno));
  return fd;
}

Status SetMss(int fd, const SocketAddress& where, std::uint32_t mss) {
  const int value = static_cast<int>(std::min<std::uint32_t>(mss, 1 << 30));
  if (::setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &value, sizeof value) == 0) return {};
  Error error = SystemError("setsockopt TCP_MAXSEG", where.Text(), errno);
  if (error.os_error == EINVAL) {
    error.kind = ErrorKind::kUsage;
    error.code = "invalid_mss";
    error.message = Format("the kernel refuses {} as maximum segment size", mss);
  }
  return Fail(std::move(error));
}

template <class Ask>
Result<SocketAddress> AskAddress(const char* operation, Ask ask) {
  sockaddr_in6 kernel{};
  socklen_t length = sizeof kernel;
  auto* generic = reinterpret_cast<sockaddr*>(&kernel);
  if (ask(generic, &length) != 0) return Fail(ConnectionError(operation, "socket", errno));
  const std::optional<SocketAddress> address = AddressFrom(generic, length);
  if (!address) return Fail(SystemError(operation, "socket", EAFNOSUPPORT));
  return *address;
}

}  // namespace

Result<UniqueFd> ConnectTcp(const SocketAddress& where, const ConnectOptions& options) {
  Result<UniqueFd> fd = OpenStream(where, SOCK_NONBLOCK);
  if (!fd) return fd;
  if (options.mss != 0) {
    if (Status set = SetMss(fd->get(), where, options.mss); !set) return Fail(set.error());
  }
  if (!options.bind.empty()) {
    if (Status bound = BindSource(fd->get(), where, options.bind); !bound) {
      return Fail(bound.error());
    }
  }
  if (::connect(fd->get(), Generic(where), where.length) != 0) {
    if (errno != EINPROGRESS) return Fail(ConnectionError("connect", where.Text(), errno));
    if (Status done = FinishConnect(fd->get(), where, options.patience); !done) {
      return Fail(done.error());
    }
  }
  if (Status set = MakeBlocking(fd->get(), where); !set) return Fail(set.error());
  return fd;
}

Result<UniqueFd> ListenTcp(const SocketAddress& where, int backlog) {
  // Not blocking: a connection may be gone again between poll(2) and accept4(2).
  Result<UniqueFd> fd = OpenStream(where, SOCK_NONBLOCK);
  if (!fd) return fd;
  const int on = 1;
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return Fail(SystemError("setsockopt SO_REUSEADDR", where.Text(), errno));
  }
  if (::bind(fd->get(), Generic(where), where.length) != 0) {
    return Fail(SystemError("bind", where.Text(), errno));
  }
  if (::listen(fd->get(), backlog) != 0) return Fail(SystemError("listen", where.Text(), errno));
  return fd;
}

Result<SocketAddress> LocalAddressOf(int fd) {
  return AskAddress("getsockname", [fd](sockaddr* address, socklen_t* length) {
    return ::getsockname(fd, address, length);
  });
}

Result<SocketAddress> PeerAddressOf(int fd) {
  return AskAddress("getpeername", [fd](sockaddr* address, socklen_t* length) {
    return ::getpeername(fd, address, length);
  });
}

Result<UniqueFd> AcceptTcp(int listener, milliseconds patience, SocketAddress& peer) {
  const Deadline deadline(patience);
  while (AwaitReady(listener, POLLIN, deadline)) {
    sockaddr_in6 kernel{};
    socklen_t length = sizeof kernel;
    auto* generic = reinterpret_cast<sockaddr*>(&kernel);
    UniqueFd fd(::accept4(listener, generic, &length, SOCK_CLOEXEC));
    if (fd.valid()) {
      peer = AddressFrom(generic, length).value_or(SocketAddress{});
      return fd;
    }
    // A connection that was reset while it waited is nobody's error (accept(2)).
    if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
      return Fail(SystemError("accept4", "listener", errno));
    }
  }
  return UniqueFd();
}

Status SendAll(int fd, const std::byte* bytes, std::size_t size, milliseconds patience) {
  const Deadline deadline(patience);
  while (size > 0) {
    const ssize_t sent = ::send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      if (!AwaitReady(fd, POLLOUT, deadline)) return Fail(TimedOut("send", kPeer, patience));
    } else if (errno != EINTR) {
      return Fail(ConnectionError("send", kPeer, errno));
    }
  }
  return {};
}

Status ReceiveAll(int fd, std::byte* bytes, std::size_t size, milliseconds patience) {
  const Deadline deadline(patience);
  while (size > 0) {
    const ssize_t got = ::recv(fd, bytes, size, MSG_DONTWAIT);
    if (got > 0) {
      bytes += got;
      size -= static_cast<std::size_t>(got);
    } else if (got == 0) {
      return Fail(PeerGone("recv", kPeer));
    } else if (errno == EAGAIN) {
      if (!AwaitReady(fd, POLLIN, deadline)) return Fail(TimedOut("recv", kPeer, patience));
    } else if (errno != EINTR) {
      return Fail(ConnectionError("recv", kPeer, errno));
    }
  }
  return {};
}

}  // namespace tunewire
