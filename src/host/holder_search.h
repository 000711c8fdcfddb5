// The pass over every process's descriptors, which several threads may share.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "host/process_descriptors.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

class HolderSearch {
 public:
  /// Descriptors that one thread takes at once. About 5 ms of work: long beside handing it out,
  /// short beside the whole.
  static constexpr std::size_t kPart = 2048;

  /// `proc` is an open /proc.
  HolderSearch(UniqueFd proc, std::vector<int> pids);

  /// From which end of the work a thread takes: two that are at the same process wait for each
  /// other in the kernel.
  enum class From { kFront, kBack };

  /// Works until nothing is left to begin. Any number of threads at once.
  void Work(From from);

  /// Once every Work has come back.
  HeldSockets Take();

 private:
  struct Part {
    int pid = 0;
    DescriptorRange range;
    bool whole = false;  ///< a process nobody has looked at yet
  };
  struct Found {
    std::vector<HeldSocket> held;
    std::size_t unreadable = 0;
  };

  bool Next(From from, Part& part);
  void Done();
  void Add(From from, int pid, std::span<const DescriptorRange> ranges);
  void Look(From from, const Part& part, Found& found);

  UniqueFd proc_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Part> parts_;    ///< not begun
  std::size_t at_work_ = 0;   ///< begun and not done: more parts may come of them
  std::vector<Found> found_;  ///< one a thread
};

}  // namespace tunewire
