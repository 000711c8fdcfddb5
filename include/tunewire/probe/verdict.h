// From runs to a verdict: what stalls, whose doing it is, how sure that is, and what helps. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/confidence.h"
#include "tunewire/latency/interval.h"
#include "tunewire/latency/stalls.h"
#include "tunewire/probe/attribution.h"
#include "tunewire/probe/ends.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// What a run is there for; the first block of traffic as asked is the baseline.
enum class RunRole {
  kAsked,         ///< the traffic as the user asked for it
  kNoDelay,       ///< the same, TCP_NODELAY on the writing end
  kQuickAckOnce,  ///< the same, TCP_QUICKACK set once on the reading end
  kQuickAckAlways,
  kDelackMax,        ///< the same, TCP_DELACK_MAX_US on the reading end
  kOneWritev,        ///< the same bytes in one writev
  kUncorked,         ///< the same, cork and MSG_MORE closed before every read
  kOtherCongestion,  ///< the same, without bbr's pacing
  kOther,
};

std::string_view NameOf(RunRole role);  ///< "asked", "nodelay", "quickack_once", ...

/// One block of a run that was interleaved with others: a connection of its own.
struct RunBlock {
  std::uint32_t place = 0;  ///< in the order all blocks ran: A B A B A
  Stamping stamping = Stamping::kOff;
  std::uint64_t n = 0;        ///< exchanges looked at
  std::uint64_t stalled = 0;  ///< of them

  bool operator==(const RunBlock&) const = default;
};

/// Where a run has blocks of both kinds, latencies and stalls are those of blocks without stamps,
/// time lines and attribution those of stamped ones.
struct RunReport {
  RunRole role = RunRole::kOther;
  std::string label;             ///< "TCP_NODELAY", "loopback's MSS": for people
  std::uint32_t block = 0;       ///< place in the interleaved order A B A B A
  std::vector<RunBlock> blocks;  ///< those merged here, in order; empty: one block, number `block`
  RunEvidence evidence;
  StallSummary stalls;
  std::vector<Timeline> timelines;
  Attribution attribution;  ///< mean over the stalled exchanges, over all where none stalled
  std::optional<std::size_t>
      stalled_example;  ///< index into timelines: the stall nearest to their median
  std::optional<std::size_t> clean_example;  ///< the exchange without one nearest to theirs
};

enum class Cause {
  kNone,
  kNagleDelayedAck,
  kCork,
  kLoss,  ///< loss probe or retransmission timeout
  kPacing,
  kWindow,       ///< the peer's receive window was closed
  kApplication,  ///< a program took its time
  kScheduling,   ///< the program was ready and did not run
  kUnknown,      ///< slow, and no evidence says why
};

/// "none", "nagle_delayed_ack", "cork", "loss", "pacing", "window", "application", "scheduling",
/// "unknown".
std::string_view NameOf(Cause cause);

struct Fix {
  Side side = Side::kClient;  ///< who can do it
  std::string id;    ///< "one_write", "nodelay", "quickack_always", "delack_max", "route_quickack",
                     ///< "route_rto_min", "uncork", ...
  std::string text;  ///< "set TCP_NODELAY on the client's socket"
  std::optional<RunRole> tried;  ///< the run that tried it here
  std::optional<Effect> effect;  ///< of that run on the median of all exchanges, nanoseconds
  std::optional<Effect> stalls;  ///< of that run on the stalled fraction

  bool operator==(const Fix&) const = default;
};

struct Verdict {
  bool stall = false;
  Cause cause = Cause::kNone;
  Side side = Side::kNone;
  Confidence confidence = Confidence::kLikely;
  std::vector<std::string>
      reasons;             ///< evidence, most telling first, with figures; why only "likely"
  std::vector<Fix> fixes;  ///< what helped here first
  std::vector<std::string>
      warnings;  ///< "QUICKACK set once does not last", "only loopback shows this", ...
  std::optional<Effect> effect;  ///< stalled fraction, A against B of the interleaved blocks

  bool operator==(const Verdict&) const = default;
};

/// Time lines, stalls, attribution and examples of one run.
RunReport ReportRun(RunRole role, std::string label, std::uint32_t block, RunEvidence evidence,
                    bool one_host);

/// Never says Nagle without the hold in a time line or the A/B. Confirmed only where interleaved
/// blocks of kAsked and of a run that changes one thing differ with an interval that leaves out 0.
Verdict Judge(std::span<const RunReport> runs);

}  // namespace tunewire
