// Listening TCP sockets of this network namespace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

struct Listener {
  std::string address;  ///< "0.0.0.0", "::"
  std::uint16_t port = 0;
  std::uint32_t backlog = 0;  ///< in force for this socket
  std::uint32_t queue = 0;    ///< connections waiting for accept(2)
  std::uint64_t inode = 0;
  std::string congestion_control;  ///< what connections accepted from it begin with
};

class ListenerSource {
 public:
  virtual ~ListenerSource() = default;
  /// Sorted by port, then address. Errors: what netlink said.
  virtual Result<std::vector<Listener>> Listeners() = 0;
};

/// sock_diag over netlink (SOCK_DIAG_BY_FAMILY), IPv4 and IPv6.
std::unique_ptr<ListenerSource> LinuxListeners();

}  // namespace tunewire
