// Who holds the sockets that were seen: gathered when the looks are taken.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tunewire/sockets/watch.h"

namespace tunewire {

class Surroundings {
 public:
  /// `pids`: the selected ones, empty for all.
  Surroundings(WatchHost& host, std::span<const int> pids) : host_(host), pids_(pids) {}

  /// Descriptors as they are now. What cannot be read leaves what is known. Errors: of reading
  /// them.
  Status Refresh();
  [[nodiscard]] const HeldSockets& held() const { return held_; }

  /// Of sockets with these inodes (sorted). Looks once more where an inode or a process is not
  /// known yet.
  SocketSurroundings Finish(std::span<const std::uint64_t> inodes);

 private:
  void ReadProcesses();
  [[nodiscard]] bool Knows(std::span<const std::uint64_t> inodes) const;
  [[nodiscard]] const Process* Find(int pid) const;
  void PutOptions(SocketSurroundings& around) const;

  WatchHost& host_;
  std::span<const int> pids_;
  HeldSockets held_;                ///< of all refreshes
  std::vector<Process> processes_;  ///< by pid
};

}  // namespace tunewire
