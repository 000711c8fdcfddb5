// Parts of HostFacts, each read on its own. What cannot be read is unknown and says why.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "host/host_tree.h"
#include "tunewire/host/capture_facts.h"
#include "tunewire/host/host_facts.h"

namespace tunewire {

KernelFacts ReadKernelFacts(const HostTree& tree);
void ReadProcessLimits(const HostTree& tree, HostFacts& facts);
Known<FileTable> ReadFileTable(const HostTree& tree);
Known<MemoryNow> ReadMemory(const HostTree& tree);
void ReadLoad(const HostTree& tree, HostFacts& facts);
Known<Pressure> ReadPressure(const HostTree& tree);
Known<std::string> ReadHugepages(const HostTree& tree);

Known<CpuFacts> ReadCpuFacts(const HostTree& tree);
Known<FrequencyFacts> ReadFrequency(const HostTree& tree);
Known<ClockSource> ReadClockSource(const HostTree& tree);
Known<std::map<std::string, std::string>> ReadVulnerabilities(const HostTree& tree);

Known<CgroupFacts> ReadCgroup(const HostTree& tree);
Known<Virtualisation> ReadVirtualisation(const HostTree& tree);

Known<SocketCounts> ReadSocketCounts(const HostTree& tree);
Known<bool> ReadConntrackLoaded(const HostTree& tree);
Known<Conntrack> ReadConntrack(const HostTree& tree, const Known<SocketCounts>& sockets);
/// Of the running host, in the network namespace of the calling thread.
Known<std::vector<ListeningSocket>> ReadListeners();

struct CounterReading {
  NetCounters counters;
  std::vector<SoftnetCpu> softnet;
  CpuTicks ticks;
  double uptime_seconds = 0;
};
Known<CounterReading> ReadCounters(const HostTree& tree);

/// `last` may be nullptr: then there is one reading alone.
Known<CounterReadings> CombineReadings(const Known<CounterReading>& first,
                                       const Known<CounterReading>* last,
                                       std::chrono::nanoseconds between);

/// Everything above that files say, of a running host and of a captured one alike; no listeners and
/// no counters.
void ReadFileFacts(const HostTree& tree, HostFacts& facts);

/// `root` as of HostTree. What is no secret, and can be read.
std::map<std::string, std::string> ReadTunables(const std::string& root, TunablesWanted wanted);

}  // namespace tunewire
