#include "http/forecast.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

// Standard streams, epoll, a report's files: little, but not nothing.
constexpr std::uint64_t kBeside = 64;
constexpr double kTimeWaitSeconds = 60;  // TCP_TIMEWAIT_LEN, include/net/tcp.h
constexpr double kReuseSeconds = 1;      // the age at which tcp_tw_reuse gives a port out again

std::uint64_t SourcesOf(const LoadSpec& spec) {
  return std::max<std::uint64_t>(spec.sources.size(), 1);
}

std::string Addresses(std::uint64_t count) {
  return count == 1 ? "one source address has" : Format("{} source addresses have", count);
}

std::optional<Shortage> Descriptors(const LoadSpec& spec, const Limits& nofile) {
  const std::uint64_t needed = spec.connections + kBeside;
  if (nofile.hard == kUnlimited || nofile.hard >= needed) return std::nullopt;
  const std::uint64_t short_of = std::min<std::uint64_t>(needed - nofile.hard, spec.connections);
  return Shortage{Certainty::kWill,
                  "descriptors",
                  needed,
                  nofile.hard,
                  Format("{} connections need {} descriptors and this process may have {}: {} will "
                         "not open",
                         spec.connections, needed, nofile.hard, short_of),
                  Format("raise the hard limit: ulimit -Hn {} as root, or LimitNOFILE=", needed)};
}

std::optional<Shortage> Ports(const LoadSpec& spec, const SourcePorts& ports) {
  const std::uint64_t sources = SourcesOf(spec);
  const std::uint64_t there = sources * ports.usable();
  if (spec.connections <= there) return std::nullopt;
  return Shortage{Certainty::kWill,
                  "source_ports",
                  spec.connections,
                  there,
                  Format("{} {} ports to one destination ({}-{}), and {} connections need one "
                         "each: {} will not open",
                         Addresses(sources), there, ports.first, ports.last, spec.connections,
                         spec.connections - there),
                  "take more source addresses, or widen net.ipv4.ip_local_port_range"};
}

std::string ReuseHint(const SourcePorts& ports) {
  return ports.reused() ? "take more source addresses, or keep connections alive"
                        : "keep connections alive, take more source addresses, or set "
                          "net.ipv4.tcp_tw_reuse to 1";
}

/// A closed connection holds its port for a minute at the side that closed first.
std::optional<Shortage> TimeWait(const LoadSpec& spec, const SourcePorts& ports) {
  if (spec.keep_alive) return std::nullopt;
  const std::uint64_t there = SourcesOf(spec) * ports.usable();
  const double held = ports.reused() ? kReuseSeconds : kTimeWaitSeconds;
  const auto most = static_cast<std::uint64_t>(static_cast<double>(there) / held);
  const std::string limit =
      Format("{} ports, each held {} s after its connection, allow {} new connections a second",
             there, static_cast<int>(held), most);
  if (spec.rate > 0) {
    const auto needed = static_cast<std::uint64_t>(std::ceil(spec.rate * held)) + spec.connections;
    if (needed <= there) return std::nullopt;
    return Shortage{Certainty::kMay,
                    "time_wait",
                    needed,
                    there,
                    Format("{:.0f} new connections a second are too many where this side closes "
                           "first: {}",
                           spec.rate, limit),
                    ReuseHint(ports)};
  }
  const bool few = spec.requests != 0 && spec.requests <= there;
  if (few || ports.reused()) return std::nullopt;
  return Shortage{Certainty::kMay,
                  "time_wait",
                  spec.requests,
                  there,
                  Format("a new connection for every request runs out of ports where this side "
                         "closes first: {}",
                         limit),
                  ReuseHint(ports)};
}

std::optional<Shortage> HeldNow(const LoadSpec& spec, const SourcePorts& ports) {
  const std::uint64_t there = SourcesOf(spec) * ports.usable();
  const bool tight = ports.time_wait + spec.connections > there && spec.connections <= there;
  if (ports.reused() || !tight) return std::nullopt;
  return Shortage{Certainty::kMay,
                  "time_wait",
                  spec.connections,
                  there - std::min<std::uint64_t>(ports.time_wait, there),
                  Format("{} connections of this host are in TIME_WAIT now; those to the same "
                         "server hold ports that {} connections would need",
                         ports.time_wait, spec.connections),
                  "wait a minute, or take more source addresses"};
}

}  // namespace

std::vector<Shortage> ForecastLoad(const LoadSpec& spec, const ForecastFacts& facts) {
  std::vector<Shortage> all;
  const auto add = [&all](std::optional<Shortage> one) {
    if (one) all.push_back(std::move(*one));
  };
  add(Descriptors(spec, facts.nofile));
  if (!facts.ports) return all;
  add(Ports(spec, *facts.ports));
  add(TimeWait(spec, *facts.ports));
  add(HeldNow(spec, *facts.ports));
  return all;
}

std::vector<std::string> ForecastLines(const std::vector<Shortage>& shortages) {
  std::vector<std::string> lines;
  for (const Shortage& one : shortages) lines.push_back(Format("{}; {}", one.sentence, one.hint));
  return lines;
}

}  // namespace tunewire
