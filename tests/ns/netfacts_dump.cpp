// Prints interfaces and routes of its network namespace as JSON: what test_netfacts.py holds
// against ip and ethtool. With an argument, ADDRESS:PORT, also the route there.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "tunewire/host/network_facts.h"

namespace {

using namespace tunewire;
using nlohmann::json;

/// A value, or {"unknown": why}.
template <class T, class Show>
json Shown(const Known<T>& fact, Show show) {
  return fact.known() ? json(show(*fact)) : json{{"unknown", fact.why()}};
}

template <class T>
json Shown(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

constexpr auto kAsItIs = [](const auto& value) { return value; };

json Shown(const RingSizes& rings) {
  return {{"rx", rings.rx}, {"rx-max", rings.rx_most}, {"tx", rings.tx}, {"tx-max", rings.tx_most}};
}

json Shown(const ChannelCounts& counts) {
  return {{"rx", counts.rx},
          {"tx", counts.tx},
          {"combined", counts.combined},
          {"rx-max", counts.rx_most},
          {"tx-max", counts.tx_most},
          {"combined-max", counts.combined_most}};
}

json Shown(const Coalescing& one) {
  return {{"rx-usecs", Shown(one.rx_usecs)},       {"rx-frames", Shown(one.rx_frames)},
          {"tx-usecs", Shown(one.tx_usecs)},       {"tx-frames", Shown(one.tx_frames)},
          {"adaptive-rx", Shown(one.adaptive_rx)}, {"adaptive-tx", Shown(one.adaptive_tx)}};
}

json Shown(const std::vector<QueueInterrupt>& interrupts) {
  json all = json::array();
  for (const QueueInterrupt& one : interrupts) {
    all.push_back({{"irq", one.irq}, {"name", one.name}, {"cpus", one.cpus}});
  }
  return all;
}

json Shown(const InterfaceErrors& errors) {
  return {{"rx_packets", errors.rx_packets},      {"tx_packets", errors.tx_packets},
          {"rx_errors", errors.rx_errors},        {"tx_errors", errors.tx_errors},
          {"rx_dropped", errors.rx_dropped},      {"tx_dropped", errors.tx_dropped},
          {"rx_missed", errors.rx_missed},        {"rx_fifo", errors.rx_fifo},
          {"rx_no_handler", errors.rx_no_handler}};
}

json Shown(const InterfaceFacts& one) {
  const auto show = [](const auto& value) { return Shown(value); };
  return {{"name", one.name},
          {"index", one.index},
          {"kind", one.kind},
          {"driver", one.driver},
          {"loopback", one.loopback},
          {"up", one.up},
          {"carrier", one.carrier},
          {"virtual_device", one.virtual_device},
          {"mtu", one.mtu},
          {"tx_queue_length", one.tx_queue_length},
          {"qdisc", one.qdisc},
          {"addresses", one.addresses},
          {"errors", Shown(one.errors)},
          {"speed", Shown(one.speed_mbps, kAsItIs)},
          {"duplex", Shown(one.duplex, kAsItIs)},
          {"rings", Shown(one.rings, show)},
          {"channels", Shown(one.channels, show)},
          {"coalescing", Shown(one.coalescing, show)},
          {"offloads", Shown(one.offloads, kAsItIs)},
          {"numa_node", Shown(one.numa_node, kAsItIs)},
          {"interrupts", Shown(one.interrupts, show)},
          {"rps", Shown(one.rps, kAsItIs)}};
}

json Shown(const RouteFacts& route) {
  return {{"dst", route.destination},
          {"gateway", route.gateway},
          {"prefsrc", route.source},
          {"dev", route.interface},
          {"chosen", route.chosen},
          {"mtu", Shown(route.mtu)},
          {"advmss", Shown(route.advmss)},
          {"initcwnd", Shown(route.initcwnd)},
          {"initrwnd", Shown(route.initrwnd)},
          {"rto_min", Shown(route.rto_min_ms)},
          {"quickack", Shown(route.quickack)},
          {"cwnd", Shown(route.cwnd)},
          {"window", Shown(route.window)},
          {"hoplimit", Shown(route.hoplimit)},
          {"fastopen_no_cookie", Shown(route.fastopen_no_cookie)},
          {"congctl", Shown(route.congestion_control)}};
}

template <class Row>
json Rows(const Result<std::vector<Row>>& rows) {
  if (!rows) return {{"error", rows.error().code}, {"message", rows.error().message}};
  json all = json::array();
  for (const Row& row : *rows) all.push_back(Shown(row));
  return all;
}

Result<std::vector<RouteFacts>> Routes(const char* destination) {
  if (destination == nullptr) return ReadRouteFacts(nullptr);
  const auto where = ParseHostPort(destination);
  if (!where) return Fail(where.error());
  const auto addresses = ResolveHost(*where);
  if (!addresses) return Fail(addresses.error());
  return ReadRouteFacts(&addresses->front());
}

}  // namespace

int main(int, char** arguments) {
  const json shown{{"interfaces", Rows(ReadInterfaceFacts())},
                   {"routes", Rows(Routes(arguments[1]))}};
  std::puts(shown.dump(1).c_str());
  return 0;
}
