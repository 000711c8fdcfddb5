// Source ports, and what keeps them.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "check/port_range.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kUsualPorts = 28232;  // 32768-60999, the kernel's own range

CheckFix WiderRange() {
  return {
      "widen net.ipv4.ip_local_port_range, or use several source addresses",
      {ExactLine("net.ipv4.ip_local_port_range", "[{\"at_most\": 16384}, {\"at_least\": 60999}]",
                 "one connection to one target takes one source port")}};
}

std::string Some(const std::set<std::uint16_t>& ports) {
  std::vector<std::string> words;
  for (const std::uint16_t port : ports) {
    if (words.size() == 5) {
      words.emplace_back("...");
      break;
    }
    words.push_back(Format("{}", port));
  }
  return Join(words, " ");
}

}  // namespace

CheckResult LookAtPortRange(const HostFacts& facts, const CheckWish&) {
  const auto range = SourcePortRange(facts);
  if (!range) return UnknownCheck(range.error().message);
  // Below the kernel's own default somebody narrowed it; below a thousand, 17 closed connections a
  // second fill it with TIME_WAIT.
  return JudgedCheck(StateBelow(range->size(), kUsualPorts, 1000),
                     {Count(range->size(), "port", "ports"), Format("{} or more", kUsualPorts),
                      TunableEvidence(facts, kPortRangeKey),
                      "the most connections from one address to one target; then connect fails "
                      "with EADDRNOTAVAIL"},
                     WiderRange());
}

CheckResult LookAtReservedPorts(const HostFacts& facts, const CheckWish&) {
  const auto range = SourcePortRange(facts);
  if (!range) return UnknownCheck(range.error().message);
  const auto reserved = ReservedPorts(facts, *range);
  if (!reserved) return UnknownCheck(reserved.error().message);
  return JudgedCheck(
      StateAbove(ShareOf(*reserved, range->size()), 0.1, 0.5),
      {Format("{} of {}", *reserved, range->size()), "under 10 %",
       Join(std::vector<std::string>{TunableEvidence(facts, kReservedPortsKey),
                                     TunableEvidence(facts, kPortRangeKey)},
            "; "),
       "reserved ports are never taken as source ports: they shrink the range"},
      {"shorten net.ipv4.ip_local_reserved_ports, or widen the range around it", {}});
}

CheckResult LookAtListenersInRange(const HostFacts& facts, const CheckWish&) {
  const auto range = SourcePortRange(facts);
  if (!range) return UnknownCheck(range.error().message);
  if (!facts.listeners) return UnknownCheck(facts.listeners.why());
  const auto reserved = ReservedPorts(facts, *range);
  if (!reserved) return UnknownCheck(reserved.error().message);
  std::set<std::uint16_t> ports;
  for (const ListeningSocket& one : *facts.listeners) {
    if (range->Holds(one.port) && !IsReserved(facts, one.port)) ports.insert(one.port);
  }
  return JudgedCheck(
      ports.empty() ? CheckState::kOk : CheckState::kWarn,
      {ports.empty() ? "none" : Some(ports), "none",
       Format("sock_diag: {} in LISTEN; {}", Count(facts.listeners->size(), "socket", "sockets"),
              TunableEvidence(facts, kPortRangeKey)),
       "an outgoing connection may hold the port when its server starts again: bind fails with "
       "EADDRINUSE in the middle of a series of runs"},
      {"put them into net.ipv4.ip_local_reserved_ports, or start the range above them", {}});
}

CheckResult LookAtTimeWait(const HostFacts& facts, const CheckWish&) {
  if (!facts.sockets) return UnknownCheck(facts.sockets.why());
  const auto range = SourcePortRange(facts);
  if (!range) return UnknownCheck(range.error().message);
  const std::uint64_t now = facts.sockets->tcp_time_wait;
  // They may belong to many targets, so their number alone breaks nothing: a tenth of the range is
  // a load that ended less than a minute ago and still moves the next figure.
  const double share = ShareOf(static_cast<double>(now), range->size());
  return JudgedCheck(
      StateAbove(share, 0.1, 1.0),
      {Format("{} now", now), Format("under {}", range->size() / 10),
       Format("/proc/net/sockstat: TCP tw {}; {}", now, TunableEvidence(facts, kPortRangeKey)),
       "each holds its source port for 60 s towards the same target: the run after this one starts "
       "with fewer ports"},
      {"wait a minute before the run, and keep connections alive in it", {}});
}

CheckResult LookAtTimeWaitTable(const HostFacts& facts, const CheckWish&) {
  constexpr const char* kKey = "net.ipv4.tcp_max_tw_buckets";
  const auto most = TunableNumber(facts, kKey);
  if (!most) return UnknownCheck(most.error().message);
  const auto overflow = MoveOf(facts, "TcpExt", "TCPTimeWaitOverflow");
  const bool moving = overflow && StateOfMove(*overflow) == CheckState::kBad;
  // Below what one range of ports can leave behind, connections end without TIME_WAIT in any load.
  const CheckState size = StateBelow(static_cast<double>(*most), 16384, 0);
  return JudgedCheck(
      Worse(size, moving ? CheckState::kWarn : CheckState::kOk),
      {Format("{}", *most), "16384 or more",
       overflow ? Format("{}; {}", TunableEvidence(facts, kKey),
                         MoveEvidence("/proc/net/netstat", "TCPTimeWaitOverflow", *overflow))
                : TunableEvidence(facts, kKey),
       "above it connections are forgotten at once: ports come back early, and a late segment may "
       "meet the next connection"},
      {Format("raise {}", kKey),
       {AtLeastLine(kKey, 65536, "TIME_WAIT would be cut short under load")}});
}

}  // namespace tunewire
