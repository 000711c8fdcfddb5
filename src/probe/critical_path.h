// The chain of what had to end before what: an exchange walked backwards, from its end to its
// begin, always to the event that was waited for last. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "probe/track.h"
#include "tunewire/latency/stalls.h"

namespace tunewire {

enum class PathKind {
  kNagle,
  kDelayedAck,
  kCork,
  kRetransmit,
  kPacing,
  kWindow,
  kNetwork,
  kScripted,    ///< a sleep of the script, as long as it was meant to last
  kUnscripted,  ///< a program in its calls, between them, or waiting for a CPU
};

struct PathPiece {
  PathKind kind = PathKind::kNetwork;
  End end = End::kClient;  ///< whose write, or whose program
  std::int64_t from_ns = 0, to_ns = 0;

  bool operator==(const PathPiece&) const = default;
};

/// What is usual for an end in this run, and what its kernel says of the whole of it.
struct EndHabits {
  std::int64_t ack_ns = 0;             ///< the fastest acknowledgement of what it sent; 0 unknown
  std::int64_t trip_ns = 0;            ///< the fastest way to the other end; 0 unknown
  bool paced = false;                  ///< its congestion control paces
  bool resent = false;                 ///< some of its segments were sent again
  std::int64_t window_limited_ns = 0;  ///< time it was stopped by the other's window
  std::int64_t buffer_limited_ns = 0;
  std::optional<std::int64_t> peer_delayed_acks;  ///< the other namespace's counter
};

struct PathView {
  const Track* client = nullptr;
  const Track* server = nullptr;      ///< on the client's clock; null where it tells nothing
  std::array<EndHabits, 2> habits{};  ///< by End
  TimerFacts timers;
};

/// A delay of an acknowledgement or a resend is said only from so much above the usual.
inline constexpr std::int64_t kLeastDelay = 1'000'000;

/// Rising and without gaps from `begin_ns` to `end_ns`.
std::vector<PathPiece> CriticalPath(const PathView& view, std::uint32_t exchange,
                                    std::int64_t begin_ns, std::int64_t end_ns);

}  // namespace tunewire
