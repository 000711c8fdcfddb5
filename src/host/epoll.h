// Waiting for many sockets, edge-triggered, to the microsecond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

struct epoll_event;

namespace tunewire {

/// CLOCK_MONOTONIC.
std::int64_t MonotonicNs();

struct ReadySocket {
  std::uint64_t tag = 0;  ///< as given to Add
  bool readable = false;  ///< bytes, the peer's end, or an error wait to be read
  bool writable = false;
  bool hung_up = false;  ///< the peer sends no more, or the connection is broken
  bool failed = false;   ///< an error waits in the socket
};

class Epoll {
 public:
  /// At most `most` sockets are told of at a time. The timers of the calling
  /// thread, and of threads it starts, become precise:
  /// otherwise the kernel puts every wait off by up to 50 us. Errors: of epoll_create1(2).
  static Result<Epoll> Make(std::size_t most);

  Epoll(Epoll&&) noexcept;
  Epoll& operator=(Epoll&&) noexcept;
  ~Epoll();

  /// False with errno where the system refuses. A closed descriptor leaves by itself.
  [[nodiscard]] bool Add(int fd, std::uint64_t tag);

  /// Waits until something is ready, at most so long; the number of ready sockets, 0 for none.
  std::size_t Wait(std::int64_t at_most_ns);
  [[nodiscard]] ReadySocket Ready(std::size_t index) const;

 private:
  Epoll();

  UniqueFd fd_;
  std::vector<epoll_event> events_;
  bool has_pwait2_ = true;
};

}  // namespace tunewire
