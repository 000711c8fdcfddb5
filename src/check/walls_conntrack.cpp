// Entries of the connection tracking table.
//
// Measured on Linux 6.18 (a rule that reads `ct state` in the namespace, table of 262144):
//   - a connection over loopback makes one entry, not two;
//   - with 300 entries left exactly 300 connects succeed; the next SYN is dropped without a word,
//     connect tries again and ends with ETIMEDOUT (UDP's sendto says EPERM); what is connected
//     already goes on;
//   - entries of closed connections stay for nf_conntrack_tcp_timeout_time_wait (120 s); churning
//     connections hit the wall after 262249 of 262144. From 95 % on the kernel's collector forgets
//     closed ones early, but it came round only 5 s later;
//   - a connect that is refused leaves no entry.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/walls_parts.h"

namespace tunewire {
namespace {

constexpr const char* kMost = "net.netfilter.nf_conntrack_max";
constexpr const char* kTimeWait = "net.netfilter.nf_conntrack_tcp_timeout_time_wait";
constexpr const char* kTitle = "conntrack entries";
constexpr std::int64_t kUsualTimeWait = 120;  // net/netfilter/nf_conntrack_proto_tcp.c

/// False where it is proven that this load makes no entry.
bool MayBeTracked(const LoadShape& shape, const Conntrack& table) {
  if (table.in_use && !*table.in_use) return false;
  return !shape.both_here || table.loopback_tracked;
}

}  // namespace

std::optional<Wall> ConntrackWall(const LoadShape& shape) {
  if (shape.facts.conntrack_loaded && !*shape.facts.conntrack_loaded) return std::nullopt;
  if (!shape.facts.conntrack) {
    return UnknownWall("conntrack", kTitle, shape.facts.conntrack.why());
  }
  const Conntrack& table = *shape.facts.conntrack;
  // nf_conntrack_max 0 is no limit.
  if (!MayBeTracked(shape, table) || table.most == 0) return std::nullopt;
  const auto rest =
      static_cast<double>(TunableNumber(shape.facts, kTimeWait).value_or(kUsualTimeWait));
  const double closed = std::ceil(OpenedWithin(shape, rest));
  Wall wall;
  wall.resource = "conntrack";
  wall.title = kTitle;
  wall.need = static_cast<double>(shape.wish.connections) + closed;
  wall.have = static_cast<double>(table.most - std::min(table.count, table.most));
  wall.error = "ETIMEDOUT";
  wall.operation = "connect";
  wall.at_connections = static_cast<std::uint64_t>(wall.have);
  wall.formula = Format("need {} at a time", shape.wish.connections);
  if (shape.opened_per_s) {
    wall.formula +=
        Format(" + {} closed within the {} s that an entry stays", Number(closed), Number(rest));
  }
  wall.formula += Format(" = {}; have nf_conntrack_max {} - {} now = {}", Number(wall.need),
                         table.most, table.count, Number(wall.have));
  wall.profile = {
      AtLeastLine(kMost, static_cast<std::int64_t>(wall.need + static_cast<double>(table.count)),
                  "each connection takes an entry, and keeps it after its end")};
  wall = MadeWall(shape, std::move(wall));
  if (!wall.enough) {
    wall.what_happens =
        "SYNs of new connections are dropped without a word; what is connected goes on";
  }
  if (!wall.enough && !table.in_use) {
    wall.unknown = Format("the table is too small, but whether it is used here is not known ({})",
                          table.in_use.why());
  }
  if (wall.enough && shape.endless_opening && rest > 0) {
    wall.unknown = Format(
        "more than {} new connections a second would fill the table, and nobody "
        "said how many there will be: ask with a rate",
        Number(std::floor(wall.have / rest)));
  }
  return wall;
}

}  // namespace tunewire
