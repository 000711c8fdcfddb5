// Hosts as they would be captured, written by hand from the documented formats: for checks, walls
// and whatever shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/host_facts.h"

namespace tunewire {

/// Everything known and nothing to complain about: four CPUs, one card at 10 Gbit/s, Linux 6.12.
HostFacts QuietFacts();

HostFacts BareMetalHost();  ///< two NUMA nodes, 25 Gbit/s, powersave, mitigations, six clocks apart
HostFacts KvmGuest();       ///< virtio without rings or speed, bbr, some steal
HostFacts ContainerHost();  ///< a namespace of its own: veth, CPU quota, no host-wide keys
HostFacts ManyCardsHost();  ///< eight cards: one slow, one on half duplex, one that says nothing
HostFacts OneCpuHost();     ///< 512 MiB, swapping, hpet
HostFacts OldKernelHost();  ///< 4.19: somaxconn 128, pfifo_fast, no PSI, old conntrack defaults

struct MadeHost {
  std::string_view name;
  HostFacts (*make)();
};

/// The six above, without the quiet one.
std::vector<MadeHost> MadeHosts();

/// Sets the counters of both readings; the window is one second.
void MoveCounter(HostFacts& facts, const std::string& group, const std::string& name,
                 std::int64_t first, std::int64_t last);
void SetCounter(NetCounters& counters, const std::string& group, const std::string& name,
                std::int64_t value);

}  // namespace tunewire
