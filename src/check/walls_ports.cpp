// Source ports: those of one range for each pair of source address and destination.
//
// Measured on Linux 6.18 (range of 100 ports, loopback):
//   - connect takes all 100, odd and even ones; the 101st fails with EADDRNOTAVAIL;
//   - a reserved port is never taken; neither is one that any socket holds by bind(2), a listener
//     or not, whatever its address or family: 99;
//   - two destinations give 200, two source addresses (IP_BIND_ADDRESS_NO_PORT) 200; taken in turns
//     they end at the first that has no port left: 140 where one of two has 30 in use before;
//   - where bind(2) takes the port itself, a source has 100 for all destinations, less those of all
//     connections it has (30 to another target: 70), whatever other sources have, and the 101st
//     bind fails with EADDRINUSE; connect(2) never takes such a port from that source either;
//   - a client that closes first leaves TIME_WAIT for 60 s: 100 connections in all, then
//     EADDRNOTAVAIL; with tcp_tw_reuse (1, or 2 on loopback) and time stamps a port comes back
//     after tcp_tw_reuse_delay (1000 ms; before Linux 6.14 a second): 100 a second, 1500 in 3 s at
//     200 ms;
//   - on a busy machine a few in a hundred end TIME_WAIT early by a reset on the heels of the close
//     (RFC 1337), none with tcp_rfc1337: not reckoned with;
//   - TIME_WAIT above tcp_max_tw_buckets does not stay, its ports are free at once;
//   - a server that closes first keeps TIME_WAIT itself: no port of the client is missing.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/port_range.h"
#include "check/walls_parts.h"

namespace tunewire {
namespace {

constexpr double kTimeWaitSeconds = 60;  // TCP_TIMEWAIT_LEN, include/net/tcp.h
constexpr const char* kTitle = "source ports";

struct Pool {
  std::uint64_t usable = 0;  ///< of one source address towards one destination
  std::uint64_t pairs = 1;
  std::string words;
};

struct Held {
  double seconds = 0;  ///< how long a port rests after its connection
  std::string words;
};

Pool PoolOf(const LoadWish& wish, const SourcePortSpan& range, std::uint32_t reserved) {
  const std::uint64_t sources = std::max<std::uint64_t>(wish.sources.size(), 1);
  const std::uint64_t targets = std::max<std::uint64_t>(wish.destinations.size(), 1);
  Pool pool;
  pool.usable = range.size() - reserved;
  pool.pairs = wish.bind_takes_port ? sources : sources * targets;
  pool.words = Format("({} - {} + 1 - {} reserved) x {}", range.last, range.first, reserved,
                      Count(sources, "source", "sources"));
  if (!wish.bind_takes_port) pool.words += Format(" x {}", Count(targets, "target", "targets"));
  return pool;
}

std::int64_t NumberOr(const HostFacts& facts, const char* key, std::int64_t otherwise) {
  return TunableNumber(facts, key).value_or(otherwise);
}

bool Reused(const LoadShape& shape) {
  if (shape.wish.bind_takes_port) return false;
  const std::int64_t reuse = NumberOr(shape.facts, "net.ipv4.tcp_tw_reuse", 0);
  const bool stamps = NumberOr(shape.facts, "net.ipv4.tcp_timestamps", 1) != 0;
  const bool loopback = !shape.wish.destinations.empty() &&
                        std::ranges::all_of(shape.wish.destinations, &SocketAddress::IsLoopback);
  return stamps && (reuse == 1 || (reuse == 2 && loopback));
}

Held HeldAfterwards(const LoadShape& shape) {
  if (shape.wish.keepalive || shape.wish.closes_first == LoadSide::kServer) return {0, ""};
  if (!Reused(shape)) return {kTimeWaitSeconds, "60 s in TIME_WAIT"};
  const auto delay =
      static_cast<double>(NumberOr(shape.facts, "net.ipv4.tcp_tw_reuse_delay", 1000));
  return {delay / 1000, Format("{} s until a port in TIME_WAIT is reused", Number(delay / 1000))};
}

/// What TIME_WAIT holds at most.
double Resting(const LoadShape& shape, const Held& held, std::string& words) {
  const double opened = std::ceil(OpenedWithin(shape, held.seconds));
  const auto most = TunableNumber(shape.facts, "net.ipv4.tcp_max_tw_buckets");
  words = Format(" + {} a second x {}", Number(*shape.opened_per_s), held.words);
  if (opened < std::ceil(*shape.opened_per_s * held.seconds)) {
    words = Format(" + {} opened in all, {}", Number(opened), held.words);
  }
  if (!most || opened <= static_cast<double>(*most)) return opened;
  words += Format(" (at most tcp_max_tw_buckets {})", *most);
  return static_cast<double>(*most);
}

struct Gone {
  std::uint64_t ports = 0;
  std::string words;
};

/// A load takes its pairs in turns, so that the busiest of them decides how many ports there are.
Gone TakenNow(const LoadShape& shape, const Pool& pool, const PortUse& use) {
  const bool reused = Reused(shape);
  const std::uint64_t all =
      reused ? use.in_use - std::min(use.time_wait, use.in_use) : std::uint64_t{use.in_use};
  const std::uint64_t most = reused ? use.most_busy : use.most_in_use;
  const std::uint64_t bound = use.bound * pool.pairs;
  if (shape.wish.bind_takes_port || most * pool.pairs <= all) {
    return {all + bound, Format("{} taken", all + bound)};
  }
  const std::uint64_t ports = most * pool.pairs + bound;
  return {ports, Format("{} taken ({} of the busiest of {} pairs)", ports, most, pool.pairs)};
}

/// Ports that listeners hold, where nobody looked at the ports in use.
PortUse ListenersAlone(const HostFacts& facts, const SourcePortSpan& range) {
  PortUse use;
  if (!facts.listeners) return use;
  std::set<std::uint16_t> ports;
  for (const ListeningSocket& one : *facts.listeners) {
    if (range.Holds(one.port) && !IsReserved(facts, one.port)) ports.insert(one.port);
  }
  use.bound = static_cast<std::uint32_t>(ports.size());
  return use;
}

std::string WhatHappens(const Wall& wall, const LoadShape& shape, const Held& held) {
  if (shape.wish.bind_takes_port) {
    return "with IP_BIND_ADDRESS_NO_PORT connect would choose the port, for each target anew";
  }
  if (held.seconds <= 0 || !shape.opened_per_s) {
    return "other targets and other source addresses have ports of their own";
  }
  return Format("up to {} new ones a second could go on for ever",
                Number(std::floor(wall.have / held.seconds)));
}

/// Widened all the way, one source address has so many towards one target.
constexpr double kMostPorts = 65535 - 1024 + 1;

/// How many addresses or targets it takes even then.
std::string PairsWords(const LoadShape& shape, const Pool& pool) {
  // What the profile makes of TIME_WAIT: ports come back after a second.
  const bool rests = !shape.wish.keepalive && shape.wish.closes_first == LoadSide::kClient;
  const double needed =
      static_cast<double>(shape.wish.connections) + (rests ? std::ceil(OpenedWithin(shape, 1)) : 0);
  const double pairs = std::ceil(needed / kMostPorts);
  if (pairs <= static_cast<double>(pool.pairs)) return "";
  return Format("; {:.0f} at most, so this load takes {:.0f} {}", kMostPorts, pairs,
                shape.wish.bind_takes_port ? "source addresses" : "source addresses or targets");
}

std::vector<ProfileLine> Mends(const LoadShape& shape, const Pool& pool, const Held& held) {
  std::vector<ProfileLine> lines{
      ExactLine(kPortRangeKey, "[{\"at_most\": 1024}, {\"at_least\": 65535}]",
                "one connection from one address to one target takes one source port" +
                    PairsWords(shape, pool))};
  if (held.seconds > 1) {
    lines.push_back(ExactLine("net.ipv4.tcp_tw_reuse", "1",
                              "a port in TIME_WAIT can be taken again after a second"));
  }
  if (held.seconds > 0 && shape.facts.tunables.contains("net.ipv4.tcp_timestamps")) {
    if (NumberOr(shape.facts, "net.ipv4.tcp_timestamps", 1) == 0) {
      lines.push_back(ExactLine("net.ipv4.tcp_timestamps", "1",
                                "ports in TIME_WAIT are reused only with time stamps"));
    }
  }
  return lines;
}

Wall PortWall(const LoadShape& shape, const Pool& pool, const std::optional<PortUse>& known,
              const SourcePortSpan& range) {
  const PortUse use = known ? *known : ListenersAlone(shape.facts, range);
  const Gone taken = TakenNow(shape, pool, use);
  const std::uint64_t all = pool.usable * pool.pairs;
  const Held held = HeldAfterwards(shape);
  Wall wall;
  wall.resource = "source_ports";
  wall.title = pool.pairs == 1 ? "source ports to one target" : kTitle;
  wall.have = static_cast<double>(all - std::min(taken.ports, all));
  wall.need = static_cast<double>(shape.wish.connections);
  std::string resting;
  if (held.seconds > 0 && shape.opened_per_s) wall.need += Resting(shape, held, resting);
  wall.error = shape.wish.bind_takes_port ? "EADDRINUSE" : "EADDRNOTAVAIL";
  wall.operation = shape.wish.bind_takes_port ? "bind" : "connect";
  wall.at_connections = static_cast<std::uint64_t>(wall.have);
  wall.formula =
      Format("need {} at a time{} = {}; have {} - {}{} = {}", shape.wish.connections, resting,
             Number(wall.need), pool.words, taken.words,
             known ? "" : " by listeners (connections not looked at)", Number(wall.have));
  wall.profile = Mends(shape, pool, held);
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) wall.what_happens = WhatHappens(wall, shape, held);
  if (wall.enough && shape.endless_opening && held.seconds > 0) {
    wall.unknown = Format(
        "more than {} new connections a second would use them up, and nobody "
        "said how many there will be: ask with a rate",
        Number(std::floor(wall.have / held.seconds)));
  }
  return wall;
}

}  // namespace

std::optional<Wall> SourcePortWall(const LoadShape& shape, const std::optional<PortUse>& ports) {
  if (shape.wish.side != LoadSide::kClient) return std::nullopt;
  const auto range = SourcePortRange(shape.facts);
  if (!range) return UnknownWall("source_ports", kTitle, range.error().message);
  const auto reserved = ReservedPorts(shape.facts, *range);
  if (!reserved) return UnknownWall("source_ports", kTitle, reserved.error().message);
  return PortWall(shape, PoolOf(shape.wish, *range, *reserved), ports, *range);
}

}  // namespace tunewire
