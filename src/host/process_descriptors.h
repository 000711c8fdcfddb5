// The descriptors of one process that are sockets, whole or in part.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "tunewire/base/unique_fd.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

/// Numbers of descriptors: from `first` up to, but not including, `end`.
struct DescriptorRange {
  int first = 0;
  int end = std::numeric_limits<int>::max();
  /// How many are open in it as far as known. The kernel gives the lowest free number, so they
  /// mostly stand side by side: so many are looked up by number, and only behind them is the folder
  /// listed, which costs as much again for each.
  std::size_t expected = 0;
};

class ProcessDescriptors {
 public:
  /// An open /proc/PID/fd.
  ProcessDescriptors(UniqueFd folder, int pid);

  /// How many it has open, sockets or not; 0 before Linux 6.2.
  [[nodiscard]] std::size_t Count() const;

  /// Appends those of the range that are sockets. Where the folder lists more than `most` of them,
  /// answers what is left over for others: ranges of about that many each.
  std::vector<DescriptorRange> Append(const DescriptorRange& range, std::size_t most,
                                      std::vector<HeldSocket>& held);

  /// Those of all of them that are sockets, here and now.
  std::vector<HeldSocket> Sockets();

  /// The same socket still stands at the same number.
  [[nodiscard]] bool StillHolds(const HeldSocket& socket) const;
  [[nodiscard]] int folder() const { return folder_.get(); }

  /// A link could not be read for want of rights.
  [[nodiscard]] bool refused() const { return refused_; }

 private:
  enum class Link { kSocket, kOther, kNone };
  Link Read(int number, std::vector<HeldSocket>& held);
  int LookUp(const DescriptorRange& range, std::vector<HeldSocket>& held);
  [[nodiscard]] std::vector<int> Listed(int first, int end) const;

  UniqueFd folder_;
  int pid_;
  bool refused_ = false;
};

}  // namespace tunewire
