// Queues of a listener on this host, and connections that outlive their program.
//
// Measured on Linux 6.18:
//   - a listener that accepts nothing holds min(backlog, somaxconn) + 1 connections (10 -> 11,
//     1 -> 2, 0 -> 1); the SYN of the next one is dropped (ListenOverflows), and its client tries
//     again after 1 s; tcp_abort_on_overflow changes nothing in this: it resets only handshakes
//     that were under way when the queue filled up;
//   - without SYN cookies a listener holds min(min(backlog, somaxconn), 3/4 tcp_max_syn_backlog) +
//   1
//     handshakes (64 -> 49, 100 -> 76, backlog 50 -> 51, somaxconn 20 -> 21), then drops;
//   - with them it answers by cookies from backlog + 1 on: none is dropped.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/walls_parts.h"

namespace tunewire {
namespace {

constexpr const char* kSynBacklog = "net.ipv4.tcp_max_syn_backlog";
constexpr const char* kSomaxconn = "net.core.somaxconn";
constexpr const char* kOrphans = "net.ipv4.tcp_max_orphans";
// How long a busy server may be away from accept(2): a slow request on an event loop, a collection
// of garbage, a log that is flushed.
constexpr double kPauseSeconds = 0.1;

struct Burst {
  double connections = 0;
  std::string words;
};

/// How many arrive while the server accepts nothing.
Burst BurstOf(const LoadShape& shape) {
  const auto all = static_cast<double>(shape.wish.connections);
  if (shape.wish.keepalive || shape.wish.rate <= 0) {
    return {all, Format("{}, all at once", CountConnections(shape.wish.connections))};
  }
  const double arriving = std::ceil(shape.wish.rate * kPauseSeconds);
  const std::string words =
      Format("{} a second x {} s without accept", Number(shape.wish.rate), Number(kPauseSeconds));
  // Nobody said how many there are at a time: those that wait are not held back by others.
  if (shape.wish.connections == 0) return {arriving, words};
  return {std::min(arriving, all), Format("{} (at most {})", words, shape.wish.connections)};
}

std::int64_t BacklogWanted(double need) {
  return std::max<std::int64_t>(static_cast<std::int64_t>(need), 4096);
}

/// "(backlog 100 of port 80 + 1 - 3 waiting now) x 2 targets".
std::string RoomWords(const QueueAsked& queue) {
  std::string words = Format("{} + 1", queue.words);
  if (queue.waiting > 0) words += Format(" - {} waiting now", queue.waiting);
  if (queue.targets == queue.share) return words;
  words = Format("({}) x {}", words, Count(queue.targets, "target", "targets"));
  return queue.share == 1 ? words : Format("{} / {}", words, queue.share);
}

/// Where the program asks for less than somaxconn, it is the one to ask for more.
void SayWhoseBacklog(const HostFacts& facts, const QueueAsked& queue, Wall& wall) {
  wall.what_happens = "each SYN more is dropped, and sent again after 1 s";
  const auto most = TunableNumber(facts, kSomaxconn);
  if (!most || *most <= static_cast<std::int64_t>(queue.backlog)) return;
  wall.what_happens += "; the server itself has to ask listen(2) for a longer queue";
  if (static_cast<double>(*most) >= wall.need) wall.profile.clear();
}

}  // namespace

std::optional<Wall> AcceptWall(const LoadShape& shape) {
  const auto queue = QueueOf(shape);
  if (!queue) return std::nullopt;
  if (!queue->unknown.empty()) return UnknownWall("accept_backlog", "accept queue", queue->unknown);
  const Burst burst = BurstOf(shape);
  Wall wall;
  wall.resource = "accept_backlog";
  wall.title = "accept queue";
  wall.need = burst.connections;
  const std::uint64_t room = queue->Room();
  wall.have = static_cast<double>(room);
  wall.error = "ETIMEDOUT";
  wall.operation = "connect";
  wall.only_while = "the server accepts nothing";
  wall.at_connections = room;
  wall.formula =
      Format("need {} = {}; have {} = {}", burst.words, Number(wall.need), RoomWords(*queue), room);
  wall.profile = {AtLeastLine(kSomaxconn, BacklogWanted(wall.need),
                              "connections that arrive at once wait there to be accepted")};
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) SayWhoseBacklog(shape.facts, *queue, wall);
  return wall;
}

std::optional<Wall> SynWall(const LoadShape& shape) {
  const auto queue = QueueOf(shape);
  // Over loopback a handshake ends within the connect that began it.
  if (!queue || shape.both_here) return std::nullopt;
  if (!queue->unknown.empty()) return UnknownWall("syn_backlog", "SYN backlog", queue->unknown);
  const auto most = TunableNumber(shape.facts, kSynBacklog);
  if (!most) return UnknownWall("syn_backlog", "SYN backlog", most.error().message);
  const auto cookies = TunableNumber(shape.facts, "net.ipv4.tcp_syncookies");
  if (!cookies) return UnknownWall("syn_backlog", "SYN backlog", cookies.error().message);
  const double rtt = std::chrono::duration<double>(shape.wish.rtt).count();
  const bool burst = shape.wish.keepalive || shape.wish.rate <= 0;
  if (!burst && rtt <= 0) {
    return UnknownWall("syn_backlog", "SYN backlog",
                       "how many handshakes are under way at a time depends on the round trip: "
                       "--rtt says it");
  }
  // The key may be negative.
  const auto three_quarters =
      static_cast<std::uint64_t>(std::max<std::int64_t>(*most - *most / 4, 0));
  const std::uint64_t dropping = std::min(queue->backlog, three_quarters) + 1;
  Wall wall;
  wall.resource = "syn_backlog";
  wall.title = "SYN backlog";
  wall.need =
      burst ? static_cast<double>(shape.wish.connections) : std::ceil(shape.wish.rate * rtt);
  wall.have = static_cast<double>(*cookies == 0 ? dropping : queue->backlog + 1);
  wall.error = "ETIMEDOUT";
  wall.operation = "connect";
  wall.at_connections = static_cast<std::uint64_t>(wall.have);
  wall.formula =
      burst ? Format("need {} at once", Count(shape.wish.connections, "handshake", "handshakes"))
            : Format("need {} a second x {} s round trip = {}", Number(shape.wish.rate),
                     Number(rtt), Number(wall.need));
  wall.formula += *cookies == 0 ? Format("; have min({}, {} - {} / 4) + 1 = {}", queue->words,
                                         *most, *most, Number(wall.have))
                                : Format("; have {} + 1 = {}, then SYN cookies", queue->words,
                                         Number(wall.have));
  wall.profile = {
      AtLeastLine(kSynBacklog, BacklogWanted(wall.need * 4 / 3 + 1),
                  "handshakes under way must find room"),
      AtLeastLine(kSomaxconn, BacklogWanted(wall.need), "it bounds handshakes under way as well")};
  wall = MadeWall(shape, std::move(wall));
  if (wall.enough) return wall;
  if (*cookies != 0) {
    // Nothing is lost but window scaling and SACK of clients without time stamps.
    wall.error.clear();
    wall.enough = true;
    wall.what_happens = "the rest is answered by SYN cookies: no connection is lost";
    wall.at_connections.reset();
    wall.at_seconds.reset();
    wall.profile.clear();
    return wall;
  }
  wall.what_happens = "each SYN more is dropped, and sent again after 1 s";
  return wall;
}

std::optional<Wall> OrphanWall(const LoadShape& shape) {
  const double rtt = std::chrono::duration<double>(shape.wish.rtt).count();
  // Over loopback, and wherever closing needs no time, nothing waits.
  if (rtt <= 0) return std::nullopt;
  if (!shape.facts.sockets) {
    return UnknownWall("orphans", "orphaned connections", shape.facts.sockets.why());
  }
  const auto most = TunableNumber(shape.facts, kOrphans);
  if (!most) return UnknownWall("orphans", "orphaned connections", most.error().message);
  const std::uint64_t now = shape.facts.sockets->tcp_orphans;
  Wall wall;
  wall.resource = "orphans";
  wall.title = "orphaned connections";
  wall.need = shape.opened_per_s ? std::ceil(*shape.opened_per_s * rtt)
                                 : static_cast<double>(shape.wish.connections);
  wall.have = std::max(0.0, static_cast<double>(*most) - static_cast<double>(now));
  wall.error = "ECONNRESET";
  wall.operation = "close";
  wall.formula = shape.opened_per_s
                     ? Format("need {} a second x {} s round trip = {}",
                              Number(*shape.opened_per_s), Number(rtt), Number(wall.need))
                     : Format("need {} closed at once", CountConnections(shape.wish.connections));
  wall.formula += Format("; have tcp_max_orphans {} - {} now", *most, now);
  wall.profile = {AtLeastLine(kOrphans, static_cast<std::int64_t>(wall.need * 2),
                              "closed connections whose data is on its way")};
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) wall.what_happens = "closed connections are reset before their data arrived";
  return wall;
}

}  // namespace tunewire
