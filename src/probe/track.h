// The events of one end over a whole run, with what each write met: the byte it ends at, and how
// the socket's options stood. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "probe/stamps.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// One event with its place in the run.
struct Tracked {
  Event event;
  std::uint64_t written = 0;  ///< bytes this end wrote in this exchange, this event's included
  std::uint64_t read = 0;     ///< bytes it read
  std::int64_t pause_ns = 0;  ///< what a sleep was meant to last
  bool nodelay = false;       ///< TCP_NODELAY, as the options and the script have it
  bool corked = false;        ///< TCP_CORK, or this write's own MSG_MORE
};

/// Half-open, into Track::events.
struct EventRange {
  std::size_t from = 0, to = 0;
  [[nodiscard]] bool empty() const { return from == to; }
};

struct Track {
  std::vector<Tracked> events;        ///< in the order they began
  std::vector<EventRange> exchanges;  ///< by number of exchange
  std::size_t steps = 0;              ///< of the script

  /// All of the script's steps were recorded.
  [[nodiscard]] bool Complete(std::uint32_t exchange) const;
  [[nodiscard]] EventRange Of(std::uint32_t exchange) const;
};

Track TrackOf(std::span<const Event> events, const Script& script, const EndOptions& options);

/// When the last byte of a write left TCP, or else the host.
[[nodiscard]] std::optional<std::int64_t> LeftAt(const Event& write);

/// The write of `track` that holds the `bytes`-th byte of an exchange; none where it wrote fewer.
[[nodiscard]] std::optional<std::size_t> WriteOfByte(const Track& track, std::uint32_t exchange,
                                                     std::uint64_t bytes);

/// The read of `track` that ends exactly with the `bytes`-th byte of an exchange.
[[nodiscard]] std::optional<std::size_t> ReadUpTo(const Track& track, std::uint32_t exchange,
                                                  std::uint64_t bytes);

/// Moves every time of an event.
void Shift(Event& event, std::int64_t by_ns);

}  // namespace tunewire
