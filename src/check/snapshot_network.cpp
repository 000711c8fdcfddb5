// Interfaces and routes as facts of a snapshot.
#include <algorithm>

#include "base/format.h"
#include "check/snapshot_names.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// The facts of one interface.
class Part {
 public:
  /// Of what has no hardware nobody misses a ring.
  enum class Unknowns { kTold, kLeftOut };

  Part(FactWriter& writer, std::string front, Unknowns unknowns)
      : writer_(writer), front_(std::move(front)), unknowns_(unknowns) {}

  void Stable(std::string_view name, std::string value) {
    writer_.Stable(Format("{}.{}", front_, name), std::move(value));
  }
  void Fleeting(std::string_view name, std::string value) {
    writer_.Fleeting(Format("{}.{}", front_, name), std::move(value));
  }
  template <class Number>
  void Count(std::string_view name, const std::optional<Number>& value) {
    if (value) Stable(name, std::to_string(*value));
  }
  void Switch(std::string_view name, const std::optional<bool>& on) {
    if (on) Stable(name, *on ? "on" : "off");
  }
  template <class T>
  bool Has(std::string_view name, const Known<T>& fact) {
    if (!fact && unknowns_ == Unknowns::kTold)
      writer_.Unknown(Format("{}.{}", front_, name), fact.why());
    return fact.known();
  }

 private:
  FactWriter& writer_;
  std::string front_;
  Unknowns unknowns_;
};

std::string RoleOf(const InterfaceFacts& interface) {
  if (interface.loopback) return "loopback";
  const std::string& role = !interface.driver.empty() ? interface.driver : interface.kind;
  return role.empty() ? "device" : InterfacePart(role);
}

void AddCoalescing(const Coalescing& coalescing, Part& part) {
  part.Switch("coalesce.adaptive_rx", coalescing.adaptive_rx);
  part.Switch("coalesce.adaptive_tx", coalescing.adaptive_tx);
  // What adapts is where it happens to be.
  if (!coalescing.adaptive_rx.value_or(false)) {
    part.Count("coalesce.rx_usecs", coalescing.rx_usecs);
    part.Count("coalesce.rx_frames", coalescing.rx_frames);
  }
  if (!coalescing.adaptive_tx.value_or(false)) {
    part.Count("coalesce.tx_usecs", coalescing.tx_usecs);
    part.Count("coalesce.tx_frames", coalescing.tx_frames);
  }
}

/// "off", "0-3" where all queues are alike, "0-3; off" where they are not.
std::string RpsText(const std::vector<std::vector<std::uint32_t>>& queues) {
  std::vector<std::string> texts;
  for (const auto& cpus : queues) texts.push_back(cpus.empty() ? "off" : CpuListText(cpus));
  if (std::ranges::adjacent_find(texts, std::ranges::not_equal_to()) == texts.end())
    texts.resize(std::min<std::size_t>(texts.size(), 1));
  return Join(texts, "; ");
}

/// Interrupts move where a daemon balances them: fleeting.
std::string InterruptText(const std::vector<QueueInterrupt>& interrupts) {
  std::vector<std::uint32_t> cpus;
  for (const QueueInterrupt& one : interrupts)
    cpus.insert(cpus.end(), one.cpus.begin(), one.cpus.end());
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return CpuListText(cpus);
}

void AddHardware(const InterfaceFacts& interface, Part& part) {
  if (part.Has("ring", interface.rings)) {
    part.Stable("ring.rx", std::to_string(interface.rings->rx));
    part.Stable("ring.tx", std::to_string(interface.rings->tx));
  }
  if (part.Has("channels", interface.channels)) {
    part.Stable("channels.rx", std::to_string(interface.channels->rx));
    part.Stable("channels.tx", std::to_string(interface.channels->tx));
    part.Stable("channels.combined", std::to_string(interface.channels->combined));
  }
  if (part.Has("coalesce", interface.coalescing)) AddCoalescing(*interface.coalescing, part);
  if (part.Has("offload", interface.offloads)) {
    for (const auto& [name, on] : *interface.offloads) part.Switch(Format("offload.{}", name), on);
  }
  if (part.Has("rps", interface.rps)) part.Stable("rps", RpsText(*interface.rps));
}

/// A bridge or veth has a speed of its own making, which comes and goes with its ports.
void AddLink(const InterfaceFacts& interface, Part& part) {
  if (interface.virtual_device) {
    if (interface.speed_mbps) part.Fleeting("speed_mbps", std::to_string(*interface.speed_mbps));
    return;
  }
  if (part.Has("speed_mbps", interface.speed_mbps))
    part.Stable("speed_mbps", std::to_string(*interface.speed_mbps));
  if (part.Has("duplex", interface.duplex)) part.Stable("duplex", *interface.duplex);
  if (part.Has("numa_node", interface.numa_node))
    part.Stable("numa_node", std::to_string(*interface.numa_node));
}

void AddInterface(const InterfaceFacts& interface, FactWriter& writer) {
  const bool made = interface.virtual_device || interface.loopback;
  Part part(writer, std::string(kNic) + InterfacePart(interface.name),
            made ? Part::Unknowns::kLeftOut : Part::Unknowns::kTold);
  part.Stable(kRoleFact, RoleOf(interface));
  part.Stable(kUpFact, interface.up ? "yes" : "no");
  part.Stable("mtu", std::to_string(interface.mtu));
  part.Stable("tx_queue_length", std::to_string(interface.tx_queue_length));
  part.Stable("qdisc", interface.qdisc);
  AddLink(interface, part);
  AddHardware(interface, part);
  part.Fleeting("carrier", interface.carrier ? "yes" : "no");
  part.Fleeting("addresses", Join(interface.addresses, " "));
  if (interface.interrupts) part.Fleeting("interrupt_cpus", InterruptText(*interface.interrupts));
  const InterfaceErrors& errors = interface.errors;
  part.Fleeting("rx_packets", std::to_string(errors.rx_packets));
  part.Fleeting("tx_packets", std::to_string(errors.tx_packets));
  part.Fleeting("rx_dropped", std::to_string(errors.rx_dropped));
  part.Fleeting("tx_dropped", std::to_string(errors.tx_dropped));
}

/// By name; one that the route does not set is the kernel's own.
std::map<std::string_view, std::string> MetricsOf(const RouteFacts& route) {
  std::map<std::string_view, std::string> metrics;
  const auto put = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    if (value) metrics[name] = std::to_string(*value);
  };
  put("mtu", route.mtu);
  put("advmss", route.advmss);
  put("initcwnd", route.initcwnd);
  put("initrwnd", route.initrwnd);
  put("rto_min_ms", route.rto_min_ms);
  put("quickack", route.quickack);
  put("cwnd", route.cwnd);
  put("window", route.window);
  put("hoplimit", route.hoplimit);
  put("fastopen_no_cookie", route.fastopen_no_cookie);
  if (route.congestion_control) metrics["congestion_control"] = *route.congestion_control;
  return metrics;
}

}  // namespace

std::string InterfacePart(std::string_view interface) {
  std::string part(interface);
  std::ranges::replace(part, '.', '/');
  return part;
}

std::string CpuListText(std::span<const std::uint32_t> ascending) {
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < ascending.size();) {
    std::size_t last = i;
    while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) ++last;
    ranges.push_back(last == i ? std::to_string(ascending[i])
                               : Format("{}-{}", ascending[i], ascending[last]));
    i = last + 1;
  }
  return Join(ranges, ",");
}

void AddInterfaces(const HostFacts& facts, FactWriter& writer) {
  if (!facts.interfaces) return writer.Unknown("nic", facts.interfaces.why());
  for (const InterfaceFacts& interface : *facts.interfaces) AddInterface(interface, writer);
}

/// Several routes may lead to one destination: by another protocol or interface, or as a reserve.
void AddRoutes(const HostFacts& facts, FactWriter& writer) {
  if (!facts.routes) return writer.Unknown("route", facts.routes.why());
  std::map<std::string, std::set<std::string>> metrics;
  for (const RouteFacts& route : *facts.routes) {
    if (route.chosen) continue;
    for (auto& [name, value] : MetricsOf(route))
      metrics[Format("{}{}.{}", kRoute, route.destination, name)].insert(value);
  }
  for (const auto& [name, values] : metrics) writer.Stable(name, JoinedValues(values));
}

}  // namespace tunewire
