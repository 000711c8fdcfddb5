// What one end of a run notes down, and what the kernel says about it before and after.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/socket_stamps.h"
#include "tunewire/base/result.h"
#include "tunewire/host/net_counters.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// Reads the counters of the calling thread's network namespace at both ends of its life.
class EndRecord {
 public:
  EndRecord(int fd, const Script& script, const RunSpec& spec);

  /// Counters, clocks, stamping. Call on a connection that carries nothing yet.
  Status Begin();

  /// Is this exchange to have a time line?
  [[nodiscard]] bool Stamps() const { return stamping_; }
  /// True where some had come since the last time.
  bool FetchStamps();
  /// `arrived_ns` is still CLOCK_REALTIME here.
  void Add(const Event& event) { events_.push_back(event); }
  /// After exchange `number`: fetches its stamps; the last one that is kept ends the stamping.
  void EndExchange(std::uint32_t number);

  /// Of an exchange that did not end.
  void DropFrom(std::uint32_t exchange);

  enum class Wait { kForAcks, kNo };
  EndEvidence Finish(Wait wait);

 private:
  void AwaitLastAck();
  void PlaceStamps();
  CounterChanges Changes() const;

  int fd_;
  bool wanted_;
  bool stamping_ = false;
  std::vector<Event> events_;
  std::vector<KernelStamp> stamps_;
  StampQueue queue_;
  std::optional<NetCounters> before_;
  std::int64_t realtime_offset_ = 0;
};

}  // namespace tunewire
