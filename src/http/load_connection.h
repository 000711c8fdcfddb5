// One connection of the load client and what waits on it. Small and flat: ten thousand of them are
// a few MiB.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "tunewire/base/unique_fd.h"
#include "tunewire/http/load.h"
#include "tunewire/http/response.h"

namespace tunewire {

inline constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

/// A request that was begun and has no whole answer yet. Times are CLOCK_MONOTONIC.
struct PendingRequest {
  std::int64_t intended_ns = 0;
  std::int64_t begin_ns = 0;
  std::uint64_t ordinal = 0;
  bool retried = false;
};

struct LoadConnection {
  enum class State : std::uint8_t {
    kClosed,
    kConnecting,
    kOpen,
    kEnding,  ///< the last answer is whole; the server is given the time to close first
  };

  UniqueFd fd;
  std::uint32_t generation = 0;  ///< of the descriptor: events of an older one are stale
  std::uint32_t next = kNobody;  ///< in whichever list it waits
  State state = State::kClosed;
  bool first_opening = false;  ///< connected ahead, without a request
  bool forced = false;         ///< the next connect is one that the server made necessary
  bool looked_at_again = false;
  bool parked = false;                 ///< it waits in a list
  std::uint32_t first = 0, count = 0;  ///< its pending requests, a ring
  std::uint32_t turn = 0;              ///< answers since it was opened
  std::uint64_t unsent = 0;            ///< bytes of begun requests that are not written
  std::size_t send_at = 0;             ///< where in a request the next byte is
  std::int64_t connect_begin_ns = 0, connected_ns = 0, first_byte_ns = 0;
  std::int64_t ready_ns = 0;       ///< when its rest is over
  std::uint64_t answer_bytes = 0;  ///< of the present answer
  ConnectionTally tally;
  ResponseReader reader;
};

/// Connections in the order in which they came; a connection is in one list at a time.
class ConnectionQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == kNobody; }
  [[nodiscard]] std::uint32_t front() const { return head_; }

  void Push(std::vector<LoadConnection>& all, std::uint32_t index) {
    all[index].next = kNobody;
    if (empty()) {
      head_ = index;
    } else {
      all[tail_].next = index;
    }
    tail_ = index;
  }

  std::uint32_t Pop(std::vector<LoadConnection>& all) {
    const std::uint32_t index = head_;
    head_ = all[index].next;
    return index;
  }

 private:
  std::uint32_t head_ = kNobody, tail_ = kNobody;
};

}  // namespace tunewire
