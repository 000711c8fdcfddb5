#include "host/stream_socket.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

int FamilyOf(const SocketAddress& address) {
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, address.bytes.data(), sizeof family);
  return family;
}

const sockaddr* Raw(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(address.bytes.data());
}

bool Set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool Prepare(int fd, const SocketAddress* source, const StreamOptions& options) {
  if (options.nagle == Nagle::kOff && !Set(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return false;
  if (options.mss != 0 && !Set(fd, IPPROTO_TCP, TCP_MAXSEG, static_cast<int>(options.mss))) {
    return false;
  }
  if (options.stamps == ReceiveStamps::kOn) Set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (options.quickack) AcknowledgeNow(fd);
  if (source == nullptr) return true;
  Set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  return ::bind(fd, Raw(*source), source->length) == 0;
}

std::int64_t Answer(ssize_t got) { return got >= 0 ? got : -std::int64_t{errno}; }

std::int64_t Now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * kSecond + now.tv_nsec;
}

/// The kernel stamps in CLOCK_REALTIME; the two clocks are read side by side, right after.
std::int64_t ToMonotonic(const timespec& stamp) {
  const std::int64_t real = Now(CLOCK_REALTIME);
  const std::int64_t monotonic = Now(CLOCK_MONOTONIC);
  return std::int64_t{stamp.tv_sec} * kSecond + stamp.tv_nsec - real + monotonic;
}

std::optional<std::int64_t> StampIn(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    return ToMonotonic(stamp);
  }
  return std::nullopt;
}

/// A datagram socket of the loopback interface that is connected to itself.
UniqueFd SelfConnected() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof self;
  auto* const raw = reinterpret_cast<sockaddr*>(&self);
  const bool made = fd.valid() && ::bind(fd.get(), raw, size) == 0 &&
                    ::getsockname(fd.get(), raw, &size) == 0 && ::connect(fd.get(), raw, size) == 0;
  return made ? std::move(fd) : UniqueFd();
}

template <class Raw>
SocketAddress Packed(const Raw& raw) {
  SocketAddress address;
  static_assert(sizeof raw <= sizeof address.bytes);
  std::memcpy(address.bytes.data(), &raw, sizeof raw);
  address.length = sizeof raw;
  return address;
}

}  // namespace

UniqueFd BeginConnect(const SocketAddress& where, const SocketAddress* source,
                      const StreamOptions& options, int& os_error) {
  UniqueFd fd(::socket(FamilyOf(where), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  const bool begun = fd.valid() && Prepare(fd.get(), source, options) &&
                     (::connect(fd.get(), Raw(where), where.length) == 0 || errno == EINPROGRESS);
  os_error = begun ? 0 : errno;
  return begun ? std::move(fd) : UniqueFd();
}

int TakeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::int64_t SendSome(int fd, const char* bytes, std::size_t size) {
  return Answer(::send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT));
}

std::int64_t ReceiveSome(int fd, std::span<char> room) {
  return Answer(::recv(fd, room.data(), room.size(), MSG_DONTWAIT));
}

std::int64_t ReceiveStamped(int fd, std::span<char> room, std::optional<std::int64_t>& arrived_ns) {
  iovec part{room.data(), room.size()};
  alignas(cmsghdr) std::array<char, 128> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const std::int64_t got = Answer(::recvmsg(fd, &message, MSG_DONTWAIT));
  arrived_ns = got > 0 ? StampIn(message) : std::nullopt;
  return got;
}

UniqueFd KeepReceiveStamps() {
  constexpr int kAttempts = 50;
  constexpr timespec kPause{0, 1'000'000};
  UniqueFd fd = SelfConnected();
  if (!fd.valid() || !Set(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1)) return fd;
  std::optional<std::int64_t> stamp;
  for (int i = 0; i < kAttempts && !stamp; ++i) {
    std::array<char, 1> room{};
    if (SendSome(fd.get(), "x", 1) != 1) break;
    // A socket that asked stamps at the reading what came without one, a little too late.
    const std::int64_t before = Now(CLOCK_MONOTONIC);
    ::nanosleep(&kPause, nullptr);
    if (ReceiveStamped(fd.get(), room, stamp) != 1) continue;
    if (stamp && *stamp > before) stamp.reset();
  }
  return fd;
}

void AcknowledgeNow(int fd) { Set(fd, IPPROTO_TCP, TCP_QUICKACK, 1); }

std::optional<PathFacts> PathFactsOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  // The kernel's word for "never measured" is the largest number.
  if (size < offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt ||
      info.tcpi_min_rtt == ~0U || info.tcpi_snd_mss == 0) {
    return std::nullopt;
  }
  return PathFacts{info.tcpi_snd_mss, std::int64_t{info.tcpi_min_rtt} * 1000};
}

Result<SocketAddress> SourceAddress(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return Packed(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) return Packed(v6);
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_address";
  error.message = Format("'{}' is no IP address to send from", Printable(text));
  error.subject = text;
  error.hint = "one of this host's own addresses, as 'ip address' shows them";
  return Fail(std::move(error));
}

}  // namespace tunewire
