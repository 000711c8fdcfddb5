// A host by its files alone: what a captured tree of it tells.
#include "host/facts.h"
#include "tunewire/host/capture_facts.h"

namespace tunewire {
namespace {

constexpr const char* kCaptured = "a captured tree: there is no kernel to ask";

void NothingRuns(HostFacts& facts) {
  facts.listeners = Known<std::vector<ListeningSocket>>::Unknown(kCaptured);
  facts.busy = Known<std::vector<BusyProcess>>::Unknown(kCaptured);
  facts.interfaces = Known<std::vector<InterfaceFacts>>::Unknown(kCaptured);
  facts.routes = Known<std::vector<RouteFacts>>::Unknown(kCaptured);
}

}  // namespace

void ReadFileFacts(const HostTree& tree, HostFacts& facts) {
  facts.kernel = ReadKernelFacts(tree);
  ReadProcessLimits(tree, facts);
  facts.files = ReadFileTable(tree);
  facts.memory = ReadMemory(tree);
  facts.sockets = ReadSocketCounts(tree);
  facts.conntrack_loaded = ReadConntrackLoaded(tree);
  facts.conntrack = ReadConntrack(tree, facts.sockets);
  facts.cpu = ReadCpuFacts(tree);
  facts.frequency = ReadFrequency(tree);
  facts.clock = ReadClockSource(tree);
  facts.cgroup = ReadCgroup(tree);
  facts.pressure = ReadPressure(tree);
  ReadLoad(tree, facts);
  facts.virtualisation = ReadVirtualisation(tree);
  facts.vulnerabilities = ReadVulnerabilities(tree);
  facts.transparent_hugepages = ReadHugepages(tree);
}

Known<CounterReadings> CombineReadings(const Known<CounterReading>& first,
                                       const Known<CounterReading>* last,
                                       std::chrono::nanoseconds between) {
  if (!first) return Known<CounterReadings>::Unknown(first.why());
  if (last != nullptr && !*last) return Known<CounterReadings>::Unknown(last->why());
  CounterReadings readings{.first = first->counters,
                           .softnet_first = first->softnet,
                           .ticks_first = first->ticks,
                           .uptime_seconds = first->uptime_seconds};
  if (last == nullptr) return readings;
  readings.last = (*last)->counters;
  readings.softnet_last = (*last)->softnet;
  readings.ticks_last = (*last)->ticks;
  readings.seconds = std::chrono::duration<double>(between).count();
  return readings;
}

namespace {

/// Nothing counts on in a captured tree.
Known<CounterReadings> ReadOnce(const HostTree& tree) {
  Known<CounterReadings> known = CombineReadings(ReadCounters(tree), nullptr, {});
  if (!known) return known;
  CounterReadings readings = *known;
  readings.grows = false;
  return readings;
}

}  // namespace

HostFacts CaptureFrom(const std::string& root, TunablesWanted tunables) {
  const auto opened = HostTree::Open(root);
  const HostTree nowhere = HostTree::Nowhere();
  const HostTree& tree = opened ? *opened : nowhere;
  HostFacts facts;
  ReadFileFacts(tree, facts);
  if (opened) facts.tunables = ReadTunables(root, tunables);
  facts.counters = ReadOnce(tree);
  NothingRuns(facts);
  return facts;
}

}  // namespace tunewire
