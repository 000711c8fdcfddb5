#include <algorithm>
#include <array>
#include <tuple>

#include "sockets/counter_rows.h"

namespace tunewire {
namespace {

std::vector<CounterWord> AllRows() {
  std::vector<CounterWord> rows;
  for (const std::span<const CounterWord> section :
       {QueueCounters(), LossCounters(), SegmentCounters(), ProtocolCounters()})
    rows.insert(rows.end(), section.begin(), section.end());
  return rows;
}

/// In /proc/net/snmp beside the counters, but settings and a gauge.
bool IsNoCounter(const NetCounter& counter) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOthers{
      {{"Tcp", "RtoAlgorithm"},
       {"Tcp", "RtoMin"},
       {"Tcp", "RtoMax"},
       {"Tcp", "MaxConn"},
       {"Tcp", "CurrEstab"},
       {"Ip", "Forwarding"},
       {"Ip", "DefaultTTL"}}};
  return std::any_of(kOthers.begin(), kOthers.end(), [&counter](const auto& other) {
    return other.first == counter.group && other.second == counter.name;
  });
}

SoftnetChange Difference(const SoftnetCpu& before, const SoftnetCpu& after) {
  // The kernel counts in 32 bits: what wrapped around is still the difference.
  const auto moved = [](std::uint64_t then, std::uint64_t now) {
    return std::uint64_t{static_cast<std::uint32_t>(now - then)};
  };
  return {after.cpu, moved(before.processed, after.processed), moved(before.dropped, after.dropped),
          moved(before.time_squeeze, after.time_squeeze),
          moved(before.flow_limit, after.flow_limit)};
}

std::vector<SoftnetChange> SoftnetChanges(std::span<const SoftnetCpu> before,
                                          std::span<const SoftnetCpu> after) {
  std::vector<SoftnetChange> changes;
  for (const SoftnetCpu& now : after) {
    const auto then = std::find_if(before.begin(), before.end(),
                                   [&now](const SoftnetCpu& row) { return row.cpu == now.cpu; });
    if (then == before.end()) continue;
    const SoftnetChange change = Difference(*then, now);
    if (change != SoftnetChange{now.cpu, 0, 0, 0, 0}) changes.push_back(change);
  }
  return changes;
}

}  // namespace

std::string_view NameOf(CounterWeight weight) {
  constexpr std::array<std::string_view, 3> kNames{"traffic", "worth_a_look", "trouble"};
  return kNames[static_cast<std::size_t>(weight)];
}

std::span<const CounterWord> KnownCounters() {
  static const std::vector<CounterWord> rows = AllRows();
  return rows;
}

const CounterWord* FindCounter(std::string_view group, std::string_view name) {
  const std::span<const CounterWord> rows = KnownCounters();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const CounterWord& row) {
    return row.group == group && row.name == name;
  });
  return found == rows.end() ? nullptr : &*found;
}

CounterWeight WeightOf(const CounterChange& change) {
  return change.word == nullptr ? CounterWeight::kTraffic : change.word->weight;
}

CountersReading CompareCounters(const NetCounters& before, const NetCounters& after,
                                std::span<const SoftnetCpu> softnet_before,
                                std::span<const SoftnetCpu> softnet_after, double seconds) {
  CountersReading reading;
  reading.seconds = seconds;
  for (const NetCounter& moved : ChangedCounters(before, after).all) {
    if (IsNoCounter(moved) || moved.value < 0) continue;
    reading.counters.push_back({moved.group, moved.name, moved.value,
                                seconds > 0 ? static_cast<double>(moved.value) / seconds : 0,
                                FindCounter(moved.group, moved.name)});
  }
  std::stable_sort(reading.counters.begin(), reading.counters.end(),
                   [](const CounterChange& a, const CounterChange& b) {
                     return std::tuple(WeightOf(b), b.change) < std::tuple(WeightOf(a), a.change);
                   });
  reading.softnet = SoftnetChanges(softnet_before, softnet_after);
  return reading;
}

}  // namespace tunewire
