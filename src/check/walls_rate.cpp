// What is used up a second: processor, link, one flow's window. Nothing fails there, it gets slow.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/walls_parts.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

struct Cpus {
  double number = 0;
  std::string words;
};

/// The CPUs this process may use: by affinity, and by quota.
Cpus CpusOf(const HostFacts& facts) {
  const std::uint32_t allowed = std::max<std::uint32_t>(facts.cpu->allowed, 1);
  Cpus cpus{static_cast<double>(allowed), Count(allowed, "CPU", "CPUs")};
  if (!facts.cgroup || !facts.cgroup->cpu_quota_us) return cpus;
  const double quota = ShareOf(static_cast<double>(*facts.cgroup->cpu_quota_us),
                               static_cast<double>(facts.cgroup->cpu_period_us.value_or(100000)));
  if (quota >= cpus.number) return cpus;
  return {quota, Format("{} by quota", Number(quota))};
}

/// Processor time of one new connection or one exchange, both ends together, in seconds.
double CostOf(const LoadWish& wish, const Calibration& calibration) {
  const double rate = wish.keepalive ? calibration.exchanges_per_s : calibration.connections_per_s;
  const double bytes = ShareOf(static_cast<double>(wish.message_bytes), calibration.bytes_per_s);
  return ShareOf(1, rate) + bytes;
}

/// The interface that the load goes through.
const InterfaceFacts* PathOf(const HostFacts& facts) {
  const RouteFacts* route = ChosenRoute(facts);
  return route == nullptr ? nullptr : InterfaceNamed(facts, route->interface);
}

struct LinkRoom {
  double bits_per_s = 0;
  std::string words;
  std::string unknown;
};

LinkRoom LinkOf(const LoadShape& shape, const InterfaceFacts* path) {
  if (shape.wish.bandwidth_bits_per_s > 0) {
    return {static_cast<double>(shape.wish.bandwidth_bits_per_s),
            Format("{} bit/s as asked", shape.wish.bandwidth_bits_per_s), ""};
  }
  if (path == nullptr) return {0, "", "which interface the load takes is not known"};
  if (!path->speed_mbps) return {0, "", Format("{}: {}", path->name, path->speed_mbps.why())};
  return {*path->speed_mbps * 1e6, Format("{} at {} Mbit/s", path->name, *path->speed_mbps), ""};
}

/// Bytes on the wire: each segment carries MTU - 52 bytes (IPv4, TCP with time stamps) and costs 90
/// more (those 52 and Ethernet's 38 with preamble and gap).
double WireBytes(std::uint64_t message, const InterfaceFacts* path) {
  const std::uint32_t mtu = path != nullptr && path->mtu > 100 ? path->mtu : 1500;
  const auto segments = std::ceil(static_cast<double>(message) / (mtu - 52));
  return static_cast<double>(message) + segments * 90;
}

}  // namespace

std::optional<Wall> CpuWall(const LoadShape& shape, const std::optional<Calibration>& calibration) {
  // Without a rate the load takes what it gets.
  if (!calibration || shape.wish.rate <= 0) return std::nullopt;
  if (!shape.facts.cpu) return UnknownWall("cpu", "processor", shape.facts.cpu.why());
  const Cpus cpus = CpusOf(shape.facts);
  // The other host carries the other end, which costs about the same.
  const double ends = shape.both_here ? 1 : 0.5;
  const double cost = CostOf(shape.wish, *calibration) * ends;
  Wall wall;
  wall.resource = "cpu";
  wall.title = "processor";
  wall.unit = "cpus";
  wall.need = shape.wish.rate * cost;
  wall.have = cpus.number;
  wall.formula = Format("need {} a second x {:.1f} us (measured{}) = {:.2f} CPUs; have {}",
                        Number(shape.wish.rate), cost * 1e6,
                        shape.both_here ? "" : ", one end of two", wall.need, cpus.words);
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens =
        Format("nothing fails: about {:.0f} a second get through, latency is the queue",
               cpus.number / cost);
  }
  return wall;
}

std::optional<Wall> BandwidthWall(const LoadShape& shape) {
  if (shape.both_here || shape.wish.rate <= 0 || shape.wish.message_bytes == 0) return std::nullopt;
  const InterfaceFacts* path = PathOf(shape.facts);
  const LinkRoom link = LinkOf(shape, path);
  if (!link.unknown.empty()) return UnknownWall("bandwidth", "link", link.unknown);
  const double wire = WireBytes(shape.wish.message_bytes, path);
  Wall wall;
  wall.resource = "bandwidth";
  wall.title = "link";
  wall.unit = "bits_per_s";
  wall.need = shape.wish.rate * wire * 8;
  wall.have = link.bits_per_s;
  wall.formula = Format("need {} a second x {:.0f} B on the wire x 8 = {:.0f} bit/s; have {}",
                        Number(shape.wish.rate), wire, wall.need, link.words);
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens = Format("nothing fails: {:.0f} messages a second fill the link",
                               link.bits_per_s / (wire * 8));
  }
  return wall;
}

std::optional<Wall> WindowWall(const LoadShape& shape) {
  const double rtt = std::chrono::duration<double>(shape.wish.rtt).count();
  if (rtt <= 0 || shape.wish.bandwidth_bits_per_s == 0) return std::nullopt;
  const auto receive = TunableNumbers(shape.facts, "net.ipv4.tcp_rmem", 3);
  if (!receive) return UnknownWall("window", "one flow's window", receive.error().message);
  const auto send = TunableNumbers(shape.facts, "net.ipv4.tcp_wmem", 3);
  if (!send) return UnknownWall("window", "one flow's window", send.error().message);
  // Half of a receive buffer is bookkeeping: tcp_adv_win_scale 1, and since Linux 6.6 the ratio
  // that a connection starts with. A send buffer fills with data nearly whole.
  const auto in = static_cast<double>((*receive)[2]) / 2;
  const auto out = static_cast<double>((*send)[2]);
  Wall wall;
  wall.resource = "window";
  wall.title = "one flow's window";
  wall.unit = "bytes";
  wall.need = std::ceil(rtt * static_cast<double>(shape.wish.bandwidth_bits_per_s) / 8);
  wall.have = std::min(in, out);
  wall.formula = Format(
      "need {} bit/s x {} s / 8 = {:.0f} B in flight; have min(tcp_rmem[2] {} / 2, "
      "tcp_wmem[2] {}) = {:.0f}",
      shape.wish.bandwidth_bits_per_s, Number(rtt), wall.need, (*receive)[2], (*send)[2],
      wall.have);
  const auto bytes = static_cast<std::int64_t>(wall.need);
  wall.profile = {
      ExactLine("net.ipv4.tcp_rmem",
                Format("[\"keep\", \"keep\", {{\"at_least\": {}}}]", bytes * 2),
                "the path's bandwidth times its round trip, twice for bookkeeping"),
      ExactLine("net.ipv4.tcp_wmem", Format("[\"keep\", \"keep\", {{\"at_least\": {}}}]", bytes),
                "the path's bandwidth times its round trip")};
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens = Format(
        "nothing fails: one flow ends at {:.0f} Mbit/s, more flows share the "
        "path",
        wall.have * 8 / rtt / 1e6);
  }
  return wall;
}

}  // namespace tunewire
