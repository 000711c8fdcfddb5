#include "host/tcp_options.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// include/uapi/linux/tcp.h of Linux 6.15; the headers this is built with may be older.
constexpr int kTcpDelackMaxUs = 46;

Error OptionError(const char* option, std::string value, int os_error) {
  Error error = SystemError(Format("setsockopt {}", option), "socket", os_error);
  // ENOENT: there is no congestion control of this name, built in or as a module.
  if (os_error == ENOPROTOOPT || os_error == EOPNOTSUPP || os_error == ENOENT) {
    error.kind = ErrorKind::kUnsupported;
    error.code = "not_supported";
    error.message = Format("this kernel has no {} {}", option, value);
  } else if (os_error == EINVAL) {
    error.kind = ErrorKind::kUsage;
    error.code = "invalid_option";
    error.message = Format("the kernel refuses {} {}", option, value);
  }
  return error;
}

Status SetNumber(int fd, int option, const char* name, int value) {
  if (::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value) == 0) return {};
  return Fail(OptionError(name, Format("{}", value), errno));
}

Status SetSwitch(int fd, int option, const char* name, Switch to) {
  return SetNumber(fd, option, name, to == Switch::kOn ? 1 : 0);
}

timeval TimevalOf(std::chrono::microseconds time) {
  return {time.count() / 1'000'000, time.count() % 1'000'000};
}

}  // namespace

Status SetNoDelay(int fd, Switch to) { return SetSwitch(fd, TCP_NODELAY, "TCP_NODELAY", to); }

Status SetCork(int fd, Switch to) { return SetSwitch(fd, TCP_CORK, "TCP_CORK", to); }

Status SetQuickAck(int fd, Switch to) { return SetSwitch(fd, TCP_QUICKACK, "TCP_QUICKACK", to); }

Status SetDelackMax(int fd, std::chrono::microseconds most) {
  const auto value = std::min<std::int64_t>(most.count(), std::numeric_limits<int>::max());
  return SetNumber(fd, kTcpDelackMaxUs, "TCP_DELACK_MAX_US", static_cast<int>(value));
}

Status SetCongestion(int fd, const std::string& name) {
  const auto length = static_cast<socklen_t>(name.size());
  if (::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), length) == 0) return {};
  return Fail(OptionError("TCP_CONGESTION", Printable(name), errno));
}

Status SetCallPatience(int fd, std::chrono::microseconds patience) {
  const timeval time = TimevalOf(patience);
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(fd, SOL_SOCKET, option, &time, sizeof time) == 0) continue;
    return Fail(SystemError("setsockopt SO_RCVTIMEO", "socket", errno));
  }
  return {};
}

void EndSending(int fd) { ::shutdown(fd, SHUT_WR); }

std::string CongestionOf(int fd) {
  std::array<char, 64> name{};
  socklen_t size = name.size() - 1;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) return {};
  return name.data();
}

TcpInfo TcpInfoOf(int fd) {
  std::array<std::byte, kTcpInfoRoom> bytes;
  socklen_t size = bytes.size();
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes.data(), &size) != 0) return {};
  return DecodeTcpInfo({bytes.data(), std::min<std::size_t>(size, bytes.size())});
}

std::optional<std::uint32_t> UnacknowledgedBytes(int fd) {
  int bytes = 0;
  if (::ioctl(fd, SIOCOUTQ, &bytes) != 0 || bytes < 0) return std::nullopt;
  return static_cast<std::uint32_t>(bytes);
}

}  // namespace tunewire
