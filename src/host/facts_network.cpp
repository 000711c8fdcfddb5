// Counters, sockets and tracked connections of the network namespace.
#include "base/format.h"
#include "host/decode_counts.h"
#include "host/decode_softnet.h"
#include "host/decode_text.h"
#include "host/facts.h"

namespace tunewire {
namespace {

constexpr const char* kNetfilter = "proc/sys/net/netfilter";
// A TCP socket stays in TIME_WAIT for TCP_TIMEWAIT_LEN, include/net/tcp.h.
constexpr std::uint64_t kTimeWaitSeconds = 60;

std::string Key(const char* name) { return Format("{}/nf_conntrack_{}", kNetfilter, name); }

/// Whether entries are made is decided by hooks that a rule registered in this namespace. A list of
/// hooks is only given by kernels built with nfnetlink_hook, and to administrators; a module that
/// is loaded says nothing of this namespace. So two things are taken as proof:
/// - entries there are: something makes them;
/// - no entry at all, while connections are in TIME_WAIT that must have left one: it outlives them.
/// With neither connections nor entries nothing is known.
Known<bool> InUse(const HostTree& tree, std::uint64_t count, const Known<SocketCounts>& sockets) {
  if (count > 0) return true;
  const auto kept = tree.Number(Key("tcp_timeout_time_wait"));
  const bool outlives = kept && *kept >= kTimeWaitSeconds;
  if (outlives && sockets && sockets->tcp_time_wait > 0) return false;
  return Known<bool>::Unknown(Format(
      "/{} is 0, and no connection is in TIME_WAIT that would have left an entry", Key("count")));
}

/// Two files of the same form; the second completes the first.
Known<NetCounters> ReadSnmp(const HostTree& tree) {
  NetCounters counters;
  for (const char* name : {"netstat", "snmp"}) {
    const std::string path = tree.Net(name);
    const Known<std::string> text = tree.Read(path);
    if (!text) return Known<NetCounters>::Unknown(text.why());
    const auto decoded = DecodeNetCounters(*text);
    if (!decoded) return Known<NetCounters>::Unknown(NotAsExpected(path, *text));
    counters.all.insert(counters.all.end(), decoded->all.begin(), decoded->all.end());
  }
  return counters;
}

}  // namespace

Known<SocketCounts> ReadSocketCounts(const HostTree& tree) {
  const std::string path = tree.Net("sockstat");
  const Known<std::string> v4 = tree.Read(path);
  if (!v4) return Known<SocketCounts>::Unknown(v4.why());
  const Known<std::string> v6 = tree.Read(tree.Net("sockstat6"));
  const auto counts = DecodeSocketCounts(*v4, v6 ? *v6 : std::string());
  if (!counts) return Known<SocketCounts>::Unknown(NotAsExpected(path, *v4));
  return *counts;
}

Known<bool> ReadConntrackLoaded(const HostTree& tree) {
  if (tree.Has(Key("count"))) return true;
  if (tree.Has("proc/sys/net")) return false;
  return Known<bool>::Unknown("/proc/sys/net: no such folder");
}

Known<Conntrack> ReadConntrack(const HostTree& tree, const Known<SocketCounts>& sockets) {
  const Known<std::string> count = tree.Line(Key("count"));
  if (!count) return Known<Conntrack>::Unknown(count.why());
  const auto now = NumberIn<std::uint64_t>(*count);
  const auto most = tree.Number(Key("max"));
  if (!now) return Known<Conntrack>::Unknown(NotAsExpected(Key("count"), *count));
  if (!most) return Known<Conntrack>::Unknown(Format("/{}: cannot be read", Key("max")));
  Conntrack conntrack{.count = *now, .most = *most};
  conntrack.buckets = tree.Number(Key("buckets")).value_or(0);
  conntrack.in_use = InUse(tree, *now, sockets);
  conntrack.rules_seen = conntrack.in_use && *conntrack.in_use;
  return conntrack;
}

Known<CounterReading> ReadCounters(const HostTree& tree) {
  const Known<NetCounters> counters = ReadSnmp(tree);
  if (!counters) return Known<CounterReading>::Unknown(counters.why());
  CounterReading reading{.counters = *counters};
  if (const auto rows = tree.Read(tree.Net("softnet_stat"))) reading.softnet = DecodeSoftnet(*rows);
  if (const auto ticks = Decoded(tree, "proc/stat", &DecodeCpuTicks)) reading.ticks = *ticks;
  const auto uptime = Decoded(tree, "proc/uptime", &DecodeUptime);
  reading.uptime_seconds = uptime ? *uptime : 0;
  return reading;
}

}  // namespace tunewire
