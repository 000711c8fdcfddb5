// What the kernel's network counters mean, and what they did in some time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/host_facts.h"
#include "tunewire/host/net_counters.h"

namespace tunewire {

/// How much a counter that moves is worth saying.
enum class CounterWeight { kTraffic, kWorthALook, kTrouble };

std::string_view NameOf(CounterWeight weight);  ///< "traffic", "worth_a_look", "trouble"

/// One counter of include/uapi/linux/snmp.h under the name that /proc/net shows.
struct CounterWord {
  std::string_view group, name;
  CounterWeight weight = CounterWeight::kTraffic;
  std::string_view unit;  ///< what is counted: "segments", "bytes"
  std::string_view meaning;
};

/// All that are described. Settings and gauges (RtoMin, CurrEstab, ...) are not counters and never
/// among them.
std::span<const CounterWord> KnownCounters();

/// Null where it is not described.
const CounterWord* FindCounter(std::string_view group, std::string_view name);

struct CounterChange {
  std::string group, name;
  std::int64_t change = 0;
  double per_s = 0;
  const CounterWord* word = nullptr;  ///< null: a counter of a kernel unknown to the table
};

CounterWeight WeightOf(const CounterChange& change);  ///< unknown ones are traffic

/// One CPU's receive path in that time (/proc/net/softnet_stat counts for the whole host).
struct SoftnetChange {
  std::uint32_t cpu = 0;
  std::uint64_t processed = 0;     ///< packets
  std::uint64_t dropped = 0;       ///< packets: the backlog was full
  std::uint64_t time_squeeze = 0;  ///< rounds that ended with work left
  std::uint64_t flow_limit = 0;    ///< packets dropped of a flow that took too much

  bool operator==(const SoftnetChange&) const = default;
};

struct CountersReading {
  double seconds = 0;
  std::vector<CounterChange> counters;  ///< trouble first, then by rate
  std::vector<SoftnetChange> softnet;   ///< CPUs that did anything
};

/// Pure. Settings, gauges and counters that went backwards are left out.
CountersReading CompareCounters(const NetCounters& before, const NetCounters& after,
                                std::span<const SoftnetCpu> softnet_before,
                                std::span<const SoftnetCpu> softnet_after, double seconds);

}  // namespace tunewire
