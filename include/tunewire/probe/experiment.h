// Which runs answer a question, in which order; and the run of them all.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/probe/ends.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// TCP_MAXSEG of an Ethernet path: 1500 bytes less the headers of IPv4 and TCP. Time stamps take 12
/// of them (RFC 7323), so that a segment carries 1448 bytes.
inline constexpr std::uint32_t kEthernetSegment = 1460;

enum class Proof {
  kFull,  ///< the traffic as asked, then every variation of it, interleaved (the default)
  kNone,  ///< only the traffic as asked
};

struct ProbeRequest {
  Traffic traffic;
  std::uint64_t count = 0;  ///< exchanges of the traffic as asked; 0: the default's choice
  std::chrono::microseconds duration{};  ///< 0: the default's choice, under 10 s in all
  std::chrono::microseconds interval{};
  std::chrono::microseconds think{};
  Proof proof = Proof::kFull;
  Stamping stamping =
      Stamping::kOn;      ///< of the blocks that prove; latency figures come from blocks without
  bool keep_all = false;  ///< every exchange in order, for --csv

  bool operator==(const ProbeRequest&) const = default;
};

/// How far the whole is: runs done of all, and what goes on; true means "stop now".
struct ProbeProgress {
  std::size_t run = 0, runs = 0;
  std::string label;
  std::chrono::nanoseconds elapsed{}, expected{};  ///< of everything
};
using ProbeWatch = std::function<bool(const ProbeProgress& progress)>;

struct ProbeResult {
  std::string peer;  ///< Ends::Describe()
  bool one_host = true;
  ProbeRequest request;
  Noise noise;
  std::vector<RunReport> runs;  ///< blocks of one role merged in the order they first ran
  Verdict verdict;
  bool partial = false;  ///< stopped before the end
};

/// Errors: of Ends::Run, where the traffic as asked cannot be run. A variation that this kernel
/// cannot do is left out and named in the verdict's warnings.
Result<ProbeResult> RunProbe(Ends& ends, const ProbeRequest& request, const Noise& noise,
                             const ProbeWatch& watch);

/// The stall region over sizes, gaps and think times.
struct SweepRequest {
  Traffic traffic;                 ///< of two writes; sizes, gap and think are varied
  std::vector<std::uint32_t> mss;  ///< 0 is the path's own
  std::chrono::seconds most{60};
};

struct SweepPoint {
  std::uint32_t mss = 0, first_write = 0, second_write = 0;
  std::chrono::microseconds gap{}, think{};
  std::uint64_t exchanges = 0, stalled = 0;

  bool operator==(const SweepPoint&) const = default;
};

/// The region along one axis: the first and the last value that stall, and the first clean one
/// above. Absent where no value tried is one.
struct SweepEdge {
  std::string axis;  ///< "second_write", "first_write", "gap", "think"
  std::uint32_t mss = 0;
  std::optional<std::int64_t> stalls_from;               ///< bytes, or microseconds
  std::optional<std::int64_t> stalls_up_to, clean_from;  ///< bytes, or microseconds

  bool operator==(const SweepEdge&) const = default;
};

struct SweepResult {
  std::string peer;
  std::vector<SweepPoint> points;  ///< in the order they ran
  std::vector<SweepEdge> edges;
  std::vector<std::string> sentences;  ///< "second write 1..1447 bytes, gap under 40 ms, ..."
  bool partial = false;
};

/// Coarse to fine: halves the distance at every edge until it is known to one byte, or one
/// millisecond, or the time is over.
Result<SweepResult> RunSweep(Ends& ends, const SweepRequest& request, const ProbeWatch& watch);

}  // namespace tunewire
