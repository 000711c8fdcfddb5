// Where the time of an exchange went, from the stamps of both ends. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tunewire/latency/stalls.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// Every nanosecond of an exchange, once: the parts add up to its length.
struct Attribution {
  std::int64_t nagle_ns = 0;        ///< held by Nagle while the ACK was under way in normal time
  std::int64_t delayed_ack_ns = 0;  ///< held by Nagle while the peer kept the ACK back
  std::int64_t cork_ns = 0;         ///< held by TCP_CORK or MSG_MORE
  std::int64_t retransmit_ns = 0;   ///< lost and waiting for a loss probe, timeout or resend
  std::int64_t pacing_ns = 0;       ///< held by the sender's pacing
  std::int64_t window_ns = 0;       ///< held by the peer's receive window
  std::int64_t network_ns = 0;      ///< under way
  std::int64_t application_ns = 0;  ///< either program, sleeping as scripted, or waiting for a CPU

  [[nodiscard]] std::int64_t Total() const;
  Attribution& operator+=(const Attribution& other);
  bool operator==(const Attribution&) const = default;
};

/// Whose hold it was, most of the time.
enum class Side { kNone, kClient, kServer, kBoth };

std::string_view NameOf(Side side);  ///< "none", "client", "server", "both"

/// One exchange with all that both ends saw of it. Server times are brought to the client's clock.
struct Timeline {
  std::uint32_t exchange = 0;  ///< counted from 0
  Exchange span;
  std::vector<Event> client, server;  ///< in time order; server's is empty for an echo peer
  Attribution attribution;
  /// Whose write was held, or whose program took its time; network stays 0, which nobody owns.
  Attribution client_share, server_share;
  /// Parts of application_ns: the program was ready (its data there, its pause over) and not on a
  /// CPU, or was busy by itself; what the script did not ask for.
  std::int64_t client_unscripted_ns = 0, server_unscripted_ns = 0;
  std::int64_t clock_error_ns = 0;  ///< server times may be off by as much; 0 with one clock

  bool operator==(const Timeline&) const = default;
};

/// What attribution must know beside the events.
struct PathFacts {
  TimerFacts timers;
  bool one_clock = false;  ///< both ends share a clock: no offset to estimate
  bool client_paced = false, server_paced = false;  ///< congestion control that paces (bbr)

  bool operator==(const PathFacts&) const = default;
};

/// One time line for each exchange whose events are complete, in order. Never invents a stamp: what
/// is missing leaves its share in network_ns or application_ns.
std::vector<Timeline> BuildTimelines(const RunEvidence& run, const PathFacts& facts);

}  // namespace tunewire
