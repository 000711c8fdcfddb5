// Sockets, who holds them, and qdiscs, in memory. tests/unit/host/live_network_test.cpp holds it to
// the real one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

struct FakeNetworkSocket {
  enum class Protocol { kTcp, kUdp };

  Protocol protocol = Protocol::kTcp;
  std::string local;
  std::string peer;
  std::optional<std::uint64_t> receive;  ///< SO_RCVBUF as the program asked for it
  std::optional<std::uint64_t> send;
};

class FakeLiveNetwork : public LiveNetwork {
 public:
  void PutSocket(std::uint64_t inode, FakeNetworkSocket socket) {
    sockets_[inode] = std::move(socket);
  }
  /// `id` holds these; an empty list is a process without sockets.
  void PutProcess(const ProcessId& id, std::set<std::uint64_t> inodes) {
    processes_[id] = std::move(inodes);
  }
  void EndProcess(const ProcessId& id) { processes_.erase(id); }
  /// From now on this caller may not look into it.
  void Hide(const ProcessId& id) { hidden_.insert(id); }
  void PutQdisc(InterfaceQdisc row) { qdiscs_.push_back(std::move(row)); }
  /// A kernel before 5.14.
  void WithoutBufferLocks() { buffer_locks_ = false; }

  Result<SocketOwners> Owners(const std::vector<std::uint64_t>& inodes) const override;
  Result<std::vector<LockedBuffer>> LockedBuffers(
      const std::vector<ProcessId>& processes) const override;
  Result<std::vector<InterfaceQdisc>> Qdiscs() const override;

 private:
  std::map<std::uint64_t, FakeNetworkSocket> sockets_;
  std::map<ProcessId, std::set<std::uint64_t>> processes_;
  std::set<ProcessId> hidden_;
  std::vector<InterfaceQdisc> qdiscs_;
  bool buffer_locks_ = true;
};

}  // namespace tunewire
