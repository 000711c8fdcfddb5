// What lives on this host and may still run with old settings: listeners and their owners, locked
// socket buffers, queueing disciplines of interfaces.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/listeners.h"
#include "tunewire/host/processes.h"

namespace tunewire {

/// Which processes hold a socket, by socket inode: every /proc/PID/fd read once.
struct SocketOwners {
  std::map<std::uint64_t, std::vector<ProcessId>> by_inode;
  std::size_t unreadable = 0;  ///< processes whose descriptors this user may not see
};

/// A socket whose program fixed its buffer with SO_RCVBUF or SO_SNDBUF: autotuning is off for it.
struct LockedBuffer {
  std::string local;  ///< "127.0.0.1:8080"
  std::string peer;   ///< empty for a listener
  std::uint64_t inode = 0;
  bool receive = false;     ///< SO_RCVBUF, otherwise SO_SNDBUF
  std::uint64_t bytes = 0;  ///< as the kernel keeps it: twice what the program asked for
  ProcessId owner;
};

struct InterfaceQdisc {
  std::string interface;
  std::string qdisc;            ///< root qdisc, or the leaves' where the root is mq or mqprio
  bool virtual_device = false;  ///< "noqueue" is right for it
};

class LiveNetwork {
 public:
  virtual ~LiveNetwork() = default;

  /// Only the descriptors of `inodes` are reported; one pass over /proc whatever their number.
  virtual Result<SocketOwners> Owners(const std::vector<std::uint64_t>& inodes) const = 0;

  /// By pidfd_getfd and SO_BUF_LOCK (Linux 5.14) over the sockets of processes that own a listener;
  /// those this user may not inspect are left out. TCP only; a socket that several of them share is
  /// given to the first. Sorted by address. Errors: kUnsupported "no_buffer_locks" before 5.14.
  virtual Result<std::vector<LockedBuffer>> LockedBuffers(
      const std::vector<ProcessId>& processes) const = 0;

  /// RTM_GETQDISC. Sorted by interface; one row per kind where an mq's leaves differ. An interface
  /// that has not been up yet has no qdisc and no row.
  virtual Result<std::vector<InterfaceQdisc>> Qdiscs() const = 0;
};

std::unique_ptr<LiveNetwork> LinuxLiveNetwork();

}  // namespace tunewire
