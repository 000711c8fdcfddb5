// A socket of another running process, through a copy of its descriptor (pidfd_getfd(2),
// Linux 5.6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tunewire/base/result.h"
#include "tunewire/host/processes.h"

namespace tunewire {

/// Options as getsockopt(2) and fcntl(2) give them; what this kernel does not know is absent.
struct SocketOptions {
  std::optional<bool> nodelay, cork, quickack;  ///< quickack: not in ping-pong mode right now
  std::optional<bool> keepalive, reuseaddr, reuseport, nonblocking, zerocopy, incoming_cpu_set;
  std::optional<std::uint32_t> keepalive_idle_s, keepalive_interval_s, keepalive_count;
  std::optional<std::uint32_t> user_timeout_ms, delack_max_us, rto_max_ms, rto_min_us;
  std::optional<std::uint32_t> maxseg, notsent_lowat, rcvlowat, window_clamp, defer_accept_s;
  std::optional<std::uint32_t> rcvbuf, sndbuf;  ///< bytes as the kernel keeps them
  std::optional<bool> rcvbuf_locked, sndbuf_locked;
  std::optional<std::uint32_t> priority, mark, tos, busy_poll_us, fastopen;
  std::optional<std::uint64_t> max_pacing_rate;  ///< bytes a second; absent: unlimited
  std::optional<std::uint32_t> linger_s;         ///< absent: off
  std::optional<std::string> congestion_control, ulp, bound_device;

  bool operator==(const SocketOptions&) const = default;
};

enum class SocketSwitch { kNodelay, kCork, kQuickAck, kDelackMax };

/// One socket of another process. Holding it keeps the socket open: be short.
class ForeignSocket {
 public:
  virtual ~ForeignSocket() = default;
  [[nodiscard]] virtual std::uint64_t cookie() const = 0;
  [[nodiscard]] virtual SocketOptions Options() const = 0;
  /// Microseconds for kDelackMax, 0 or 1 otherwise. Errors: of getsockopt(2).
  [[nodiscard]] virtual Result<std::uint32_t> Get(SocketSwitch which) const = 0;
  /// Errors: kUnsupported where this kernel has no such option, system errors of setsockopt(2).
  virtual Status Set(SocketSwitch which, std::uint32_t value) = 0;
};

class ForeignSockets {
 public:
  virtual ~ForeignSockets() = default;
  /// The socket behind `descriptor` of a process, if it still is the one with `inode`. Errors:
  /// kNotFound "no_such_process" and "no_such_socket" where either has gone, kNotPermitted without
  /// a debugger's rights (PTRACE_MODE_ATTACH_REALCREDS), kUnsupported before Linux 5.6.
  virtual Result<std::unique_ptr<ForeignSocket>> Borrow(const ProcessId& process, int descriptor,
                                                        std::uint64_t inode) = 0;
};

std::unique_ptr<ForeignSockets> LinuxForeignSockets();

}  // namespace tunewire
