// A netlink socket of the kind NETLINK_SOCK_DIAG. libnl's receiving takes half as long again as a
// plain recvmsg(2) into one large buffer, so this does without it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

class DiagSocket {
 public:
  /// In the network namespace of the calling thread, and it stays there. Errors: kUnsupported
  /// where the kernel has no sock_diag, else the system's.
  static Result<DiagSocket> Open();

  /// Errors: the system's.
  Status Send(std::span<const std::byte> messages);

  struct Datagram {
    std::span<const std::byte> bytes;  ///< until the next Receive
    bool cut = false;                  ///< there was more of it
  };
  /// The next datagram of the kernel. Errors: the system's; EAGAIN after two seconds without one.
  Result<Datagram> Receive();

 private:
  explicit DiagSocket(UniqueFd fd);

  UniqueFd fd_;
  std::vector<std::byte> room_;
};

/// What an errno of sock_diag means: kUnsupported, kNotPermitted or the system's.
Error DiagError(const char* operation, int os_error);

}  // namespace tunewire
