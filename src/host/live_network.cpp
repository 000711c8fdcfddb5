#include "tunewire/host/live_network.h"

#include "host/live_network_buffers.h"
#include "host/qdiscs.h"
#include "host/socket_owners.h"

namespace tunewire {
namespace {

class ProcLiveNetwork : public LiveNetwork {
 public:
  Result<SocketOwners> Owners(const std::vector<std::uint64_t>& inodes) const override {
    return FindSocketOwners(inodes);
  }
  Result<std::vector<LockedBuffer>> LockedBuffers(
      const std::vector<ProcessId>& processes) const override {
    return FindLockedBuffers(processes);
  }
  Result<std::vector<InterfaceQdisc>> Qdiscs() const override { return ReadQdiscs(); }
};

}  // namespace

std::unique_ptr<LiveNetwork> LinuxLiveNetwork() { return std::make_unique<ProcLiveNetwork>(); }

}  // namespace tunewire
