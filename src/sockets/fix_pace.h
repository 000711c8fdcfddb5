// What connections do in some time: exchanges, bytes, and the share of looks in which something was
// held.
#pragma once

#include <unordered_map>

#include "sockets/fix_touch.h"

namespace tunewire {

struct PaceReading {
  std::vector<std::optional<SocketPace>> sockets;  ///< by target; none of those not seen twice
  std::vector<TrialPhase::Slice> slices;           ///< all connections together
  SocketPace total;
  double seconds = 0;
  bool stopped = false;
};

class PaceMeter {
 public:
  PaceMeter(FixHost& host, FixKind kind, std::span<const FixTarget> targets,
            const FixTiming& timing);

  /// Looks for `time`; `again` is called every `timing.again` where it is not empty. Ends early
  /// where a stop is wanted.
  PaceReading Measure(std::chrono::nanoseconds time, int slices,
                      const std::function<void()>& again);

 private:
  struct Counts {
    std::uint32_t in = 0, out = 0;
    bool segments = false;
    std::uint64_t bytes = 0;
  };
  struct Track {
    Counts first, slice, last;
    std::uint32_t looks = 0, held = 0;
    std::int64_t first_ns = 0, last_ns = 0;
  };
  struct Moved {
    double exchanges = 0, bytes = 0;
    bool segments = false;
  };

  static Counts CountsOf(const SocketInfo& socket);
  static Moved Between(const Counts& from, const Counts& to);
  static std::optional<SocketPace> PaceOf(const Track& track);
  void Look();
  void Take(const SocketInfo& socket, std::int64_t at_ns);
  void EndSlice(PaceReading& reading);
  /// True where a stop is wanted.
  bool Wait(std::int64_t until_ns, const std::function<void()>& again);
  [[nodiscard]] PaceReading Begin();
  void Finish(PaceReading& reading) const;
  [[nodiscard]] std::int64_t Now() const { return host_.clock.SinceBoot().count(); }

  FixHost& host_;
  FixKind kind_;
  FixTiming timing_;
  std::vector<SocketName> names_;
  std::vector<std::uint64_t> cookies_;  ///< by target
  std::unordered_map<std::uint64_t, Track> tracks_;
  std::int64_t slice_ns_ = 0;  ///< when this slice began
  std::uint32_t slice_looks_ = 0, slice_held_ = 0;
  std::int64_t cost_ns_ = 0;  ///< of the last look
};

/// Whether one look shows what the fix would end.
bool ShowsHold(FixKind kind, const SocketInfo& socket);

}  // namespace tunewire
