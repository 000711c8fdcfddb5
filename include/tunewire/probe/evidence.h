// What one run of the probe brings back: latencies in order, time lines of writes and reads, and
// the kernel's counters at both ends. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tunewire/latency/histogram.h"
#include "tunewire/probe/pattern.h"

namespace tunewire {

enum class Stamping {
  kOff,  ///< latencies only: the fastest loop
  kOn,   ///< SO_TIMESTAMPING at both ends, and one look at the send queue after each write
};

/// How often, how fast, and what to keep.
struct RunSpec {
  Traffic traffic;
  std::uint64_t count = 0;               ///< exchanges; 0: until `duration` is over
  std::chrono::microseconds duration{};  ///< 0: until `count` is reached
  std::chrono::microseconds interval{};  ///< intended distance of starts; 0: as soon as possible
  std::chrono::microseconds think{};     ///< the client's rest between exchanges; in no latency
  Stamping stamping = Stamping::kOff;
  std::uint64_t keep = 0;  ///< latencies to keep in order, at most

  bool operator==(const RunSpec&) const = default;
};

/// Time lines are kept for at most so many exchanges of a run.
inline constexpr std::uint32_t kMostTimelines = 1024;

/// One step of an end's script as it happened. Times are nanoseconds of that end's CLOCK_MONOTONIC;
/// kernel stamps (CLOCK_REALTIME) are already brought to it.
struct Event {
  StepKind kind = StepKind::kWrite;
  std::uint32_t exchange = 0;  ///< counted from 0
  std::uint32_t step = 0;      ///< index into the script
  std::uint32_t bytes = 0;
  std::int64_t begin_ns = 0;               ///< the call was made
  std::int64_t end_ns = 0;                 ///< it returned
  std::optional<std::int64_t> sched_ns;    ///< writes: its last byte left TCP (SCM_TSTAMP_SCHED)
  std::optional<std::int64_t> sent_ns;     ///< writes: it left the host (SCM_TSTAMP_SND)
  std::optional<std::int64_t> acked_ns;    ///< writes: the peer acknowledged it (SCM_TSTAMP_ACK)
  std::optional<std::int64_t> arrived_ns;  ///< reads: its last byte reached the host
  std::optional<std::uint32_t> unacked_segments;  ///< writes: TCP_INFO just after the call
  std::optional<std::uint32_t> notsent_bytes;     ///< writes: TCP_INFO just after the call
  std::optional<std::int64_t> resent_ns;  ///< writes: it left the host once more: it was resent

  bool operator==(const Event&) const = default;
};

/// TCP_INFO of an end when the run was over; what the kernel does not tell is absent.
struct TcpSnapshot {
  std::optional<std::int64_t> rtt_ns, min_rtt_ns, ato_ns, rto_ns;
  std::optional<std::uint32_t> send_mss, receive_mss, retransmitted_segments;
  std::optional<std::uint32_t> unacked_segments, notsent_bytes, congestion_window;
  std::optional<std::int64_t> window_limited_ns;  ///< time stopped by the peer's receive window
  std::optional<std::int64_t> buffer_limited_ns;  ///< time stopped by the send buffer
  std::optional<std::uint64_t> pacing_bytes_per_second;
  std::optional<std::string> congestion;

  bool operator==(const TcpSnapshot&) const = default;
};

/// Differences of the counters of an end's network namespace over the run: TcpExt names, and
/// RetransSegs of Tcp. Others in the namespace count too.
using CounterChanges = std::vector<std::pair<std::string, std::int64_t>>;

/// The change of a counter; 0 where it did not change or is not known.
std::int64_t ChangeOf(const CounterChanges& changes, std::string_view name);

/// What an end's host is like, as far as stalls go.
struct EndFacts {
  int hz = 0;                          ///< ticks a second; 0 unknown
  std::optional<int> pingpong_thresh;  ///< net.ipv4.tcp_pingpong_thresh
  std::string congestion;              ///< the default one, "" unknown
  std::string kernel;                  ///< "6.18.44"
  std::uint64_t netns_inode = 0;

  bool operator==(const EndFacts&) const = default;
};

struct EndEvidence {
  std::vector<Event> events;  ///< in the order of their begin; only with Stamping::kOn
  CounterChanges counters;
  TcpSnapshot tcp;
  EndFacts facts;

  bool operator==(const EndEvidence&) const = default;
};

struct Exchange {
  std::int64_t intended_ns = 0;  ///< when it should have begun; begin_ns where no interval is set
  std::int64_t begin_ns = 0;     ///< CLOCK_MONOTONIC of the client
  std::int64_t end_ns = 0;

  bool operator==(const Exchange&) const = default;
};

struct RunEvidence {
  RunSpec spec;
  std::vector<Exchange> exchanges;  ///< the first `spec.keep`, in order
  Histogram latency;                ///< of all: end - begin
  Histogram corrected;              ///< of all: end - intended
  Histogram early;                  ///< of the first kEarly only; they are in `latency` too
  std::int64_t elapsed_ns = 0;
  EndEvidence client;
  std::optional<EndEvidence> server;  ///< absent where the peer only echoes
  bool interrupted = false;           ///< a stop was wanted before the run was over
};

inline constexpr std::uint32_t kEarly = 20;

}  // namespace tunewire
