#include "host/socket_options.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <limits>

namespace tunewire {
namespace {

// Of include/uapi/linux/tcp.h and asm-generic/socket.h; older headers lack them.
constexpr int kTcpRtoMaxMs = 44;
constexpr int kTcpRtoMinUs = 45;
constexpr int kTcpDelackMaxUs = 46;
constexpr int kSoBufLock = 72;
constexpr int kSendBufferLocked = 1;
constexpr int kReceiveBufferLocked = 2;

std::optional<int> Number(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, level, option, &value, &size) != 0 || size == 0) return std::nullopt;
  return value;
}

std::optional<bool> Flag(int fd, int level, int option) {
  const std::optional<int> value = Number(fd, level, option);
  return value ? std::optional(*value != 0) : std::nullopt;
}

std::optional<std::uint32_t> Amount(int fd, int level, int option) {
  const std::optional<int> value = Number(fd, level, option);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

/// Nothing where the option is unknown here, or has no text.
std::optional<std::string> Name(int fd, int level, int option) {
  std::array<char, 64> room{};
  socklen_t size = room.size() - 1;
  if (::getsockopt(fd, level, option, room.data(), &size) != 0) return std::nullopt;
  std::string name(room.data());
  return name.empty() ? std::nullopt : std::optional(std::move(name));
}

/// 32 bits before Linux 4.20, 64 since.
std::optional<std::uint64_t> PacingRate(int fd) {
  std::uint64_t rate = 0;
  socklen_t size = sizeof rate;
  if (::getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &size) != 0) return std::nullopt;
  const std::uint64_t unlimited = size == sizeof rate ? std::numeric_limits<std::uint64_t>::max()
                                                      : std::numeric_limits<std::uint32_t>::max();
  return rate == unlimited ? std::nullopt : std::optional(rate);
}

std::optional<std::uint32_t> Linger(int fd) {
  linger value{};
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &size) != 0 || value.l_onoff == 0)
    return std::nullopt;
  return static_cast<std::uint32_t>(value.l_linger);
}

/// Of a connection the kernel shows which CPU received last, whether or not one was asked for.
std::optional<bool> IncomingCpuSet(int fd) {
  if (Flag(fd, SOL_SOCKET, SO_ACCEPTCONN) != true) return std::nullopt;
  const std::optional<int> cpu = Number(fd, SOL_SOCKET, SO_INCOMING_CPU);
  return cpu ? std::optional(*cpu >= 0) : std::nullopt;
}

std::optional<std::uint32_t> TypeOfService(int fd) {
  return Number(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6 ? Amount(fd, IPPROTO_IPV6, IPV6_TCLASS)
                                                       : Amount(fd, IPPROTO_IP, IP_TOS);
}

void ReadSwitches(int fd, SocketOptions& options) {
  options.nodelay = Flag(fd, IPPROTO_TCP, TCP_NODELAY);
  options.cork = Flag(fd, IPPROTO_TCP, TCP_CORK);
  options.quickack = Flag(fd, IPPROTO_TCP, TCP_QUICKACK);
  options.keepalive = Flag(fd, SOL_SOCKET, SO_KEEPALIVE);
  options.reuseaddr = Flag(fd, SOL_SOCKET, SO_REUSEADDR);
  options.reuseport = Flag(fd, SOL_SOCKET, SO_REUSEPORT);
  options.zerocopy = Flag(fd, SOL_SOCKET, SO_ZEROCOPY);
  options.incoming_cpu_set = IncomingCpuSet(fd);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags >= 0) options.nonblocking = (flags & O_NONBLOCK) != 0;
}

void ReadTimes(int fd, SocketOptions& options) {
  options.keepalive_idle_s = Amount(fd, IPPROTO_TCP, TCP_KEEPIDLE);
  options.keepalive_interval_s = Amount(fd, IPPROTO_TCP, TCP_KEEPINTVL);
  options.keepalive_count = Amount(fd, IPPROTO_TCP, TCP_KEEPCNT);
  options.user_timeout_ms = Amount(fd, IPPROTO_TCP, TCP_USER_TIMEOUT);
  options.delack_max_us = Amount(fd, IPPROTO_TCP, kTcpDelackMaxUs);
  options.rto_max_ms = Amount(fd, IPPROTO_TCP, kTcpRtoMaxMs);
  options.rto_min_us = Amount(fd, IPPROTO_TCP, kTcpRtoMinUs);
  options.defer_accept_s = Amount(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT);
  options.busy_poll_us = Amount(fd, SOL_SOCKET, SO_BUSY_POLL);
  options.linger_s = Linger(fd);
}

void ReadSizes(int fd, SocketOptions& options) {
  options.maxseg = Amount(fd, IPPROTO_TCP, TCP_MAXSEG);
  options.notsent_lowat = Amount(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
  options.window_clamp = Amount(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP);
  options.fastopen = Amount(fd, IPPROTO_TCP, TCP_FASTOPEN);
  options.rcvlowat = Amount(fd, SOL_SOCKET, SO_RCVLOWAT);
  options.rcvbuf = Amount(fd, SOL_SOCKET, SO_RCVBUF);
  options.sndbuf = Amount(fd, SOL_SOCKET, SO_SNDBUF);
  options.max_pacing_rate = PacingRate(fd);
  if (const std::optional<int> locked = Number(fd, SOL_SOCKET, kSoBufLock)) {
    options.sndbuf_locked = (*locked & kSendBufferLocked) != 0;
    options.rcvbuf_locked = (*locked & kReceiveBufferLocked) != 0;
  }
}

}  // namespace

SocketOptions ReadSocketOptions(int fd) {
  SocketOptions options;
  ReadSwitches(fd, options);
  ReadTimes(fd, options);
  ReadSizes(fd, options);
  options.priority = Amount(fd, SOL_SOCKET, SO_PRIORITY);
  options.mark = Amount(fd, SOL_SOCKET, SO_MARK);
  options.tos = TypeOfService(fd);
  options.congestion_control = Name(fd, IPPROTO_TCP, TCP_CONGESTION);
  options.ulp = Name(fd, IPPROTO_TCP, TCP_ULP);
  options.bound_device = Name(fd, SOL_SOCKET, SO_BINDTODEVICE);
  return options;
}

}  // namespace tunewire
