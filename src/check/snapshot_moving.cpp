// What moves by itself on a host that nobody changes.
#include "base/format.h"
#include "check/snapshot_names.h"

namespace tunewire {
namespace {

void AddSocketsNow(const HostFacts& facts, FactWriter& writer) {
  if (facts.files) writer.Fleeting("files.open", std::to_string(facts.files->open));
  if (facts.threads_now) writer.Fleeting("threads.now", std::to_string(*facts.threads_now));
  if (facts.load_average) writer.Fleeting("load.one_minute", Format("{:.2f}", *facts.load_average));
  if (facts.pressure) {
    writer.Fleeting("pressure.cpu_percent", Format("{:.2f}", facts.pressure->cpu_some));
    writer.Fleeting("pressure.memory_percent", Format("{:.2f}", facts.pressure->memory_some));
    writer.Fleeting("pressure.io_percent", Format("{:.2f}", facts.pressure->io_some));
  }
  if (!facts.sockets) return;
  const SocketCounts& sockets = *facts.sockets;
  writer.Fleeting("sockets.tcp_in_use", std::to_string(sockets.tcp_in_use));
  writer.Fleeting("sockets.tcp_orphans", std::to_string(sockets.tcp_orphans));
  writer.Fleeting("sockets.tcp_time_wait", std::to_string(sockets.tcp_time_wait));
  writer.Fleeting("sockets.tcp_memory_pages", std::to_string(sockets.tcp_memory_pages));
}

/// Those that never moved are left out.
void AddCounters(const HostFacts& facts, FactWriter& writer) {
  if (!facts.counters) return;
  const CounterReadings& counters = *facts.counters;
  writer.Fleeting("uptime_seconds", Format("{:.0f}", counters.uptime_seconds));
  for (const NetCounter& counter : counters.first.all) {
    if (counter.value != 0)
      writer.Fleeting(Format("counters.{}.{}", counter.group, counter.name),
                      std::to_string(counter.value));
  }
  std::uint64_t dropped = 0, squeezed = 0;
  for (const SoftnetCpu& cpu : counters.softnet_first) {
    dropped += cpu.dropped;
    squeezed += cpu.time_squeeze;
  }
  writer.Fleeting("counters.softnet.dropped", std::to_string(dropped));
  writer.Fleeting("counters.softnet.time_squeeze", std::to_string(squeezed));
}

void AddConntrackNow(const HostFacts& facts, FactWriter& writer) {
  if (!facts.conntrack) return;
  writer.Fleeting("conntrack.count", std::to_string(facts.conntrack->count));
  if (facts.conntrack->in_use)
    writer.Fleeting("conntrack.in_use", *facts.conntrack->in_use ? "yes" : "no");
}

}  // namespace

void AddMoving(const HostFacts& facts, FactWriter& writer) {
  AddSocketsNow(facts, writer);
  AddConntrackNow(facts, writer);
  AddCounters(facts, writer);
}

}  // namespace tunewire
