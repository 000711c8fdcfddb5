// A probe server in a process of its own: it gives root up, and its memory is its own.
#pragma once

#include <cstdint>
#include <string>

#include "tunewire/host/tcp.h"
#include "tunewire/probe/ends.h"

namespace tunewire {

class ProbeServer {
 public:
  /// Returns once it listens; throws where it does not.
  explicit ProbeServer(const std::string& listen, std::uint32_t sessions);
  ProbeServer(const ProbeServer&) = delete;
  ProbeServer& operator=(const ProbeServer&) = delete;
  ~ProbeServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int pid() const { return pid_; }
  /// "127.0.0.1:40123", "[::1]:40123"
  [[nodiscard]] std::string Address() const;
  [[nodiscard]] SocketAddress Where() const;

  /// Asks it to stop, waits, and gives its notes, a line each. Throws where it does not end within
  /// `patience` or ends badly.
  std::string Stop();
  /// Waits for it to end by itself; else as Stop().
  std::string AwaitEnd();
  void Kill();

  /// A line of /proc/PID/status: "Uid", "VmRSS".
  [[nodiscard]] std::string StatusLine(const std::string& name) const;
  [[nodiscard]] std::int64_t ResidentKib() const;

 private:
  std::string host_;
  int pid_ = -1;
  int stop_ = -1, words_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace tunewire
