// Links: speed, duplex, errors, queueing discipline, MTU.
#include <algorithm>

#include "base/format.h"
#include "check/cards.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr const char* kCongestion = "net.ipv4.tcp_congestion_control";

std::string Speed(std::uint32_t mbps) {
  return mbps >= 1000 ? Format("{:g} Gbit/s", mbps / 1000.0) : Format("{} Mbit/s", mbps);
}

CardView ViewSpeed(const InterfaceFacts& card) {
  if (!card.speed_mbps) return UnknownCard(card.speed_mbps.why());
  // Cards of the last twenty years do 1 Gbit/s: 100 Mbit/s is a cable or a port that failed to
  // negotiate, and 12 MB/s are a wall for nearly any test.
  return {StateBelow(*card.speed_mbps, 1000, 100), Speed(*card.speed_mbps), "1 Gbit/s or more",
          Format("ETHTOOL_MSG_LINKMODES_GET: speed {} Mbit/s", *card.speed_mbps)};
}

CardView ViewDuplex(const InterfaceFacts& card) {
  if (!card.duplex) return UnknownCard(card.duplex.why());
  return {*card.duplex == "full" ? CheckState::kOk : CheckState::kBad, *card.duplex, "full",
          Format("ETHTOOL_MSG_LINKMODES_GET: duplex {}", *card.duplex)};
}

CardView ViewErrors(const InterfaceFacts& card) {
  const InterfaceErrors& seen = card.errors;
  const std::uint64_t lost = seen.rx_errors + seen.tx_errors + seen.rx_missed + seen.rx_fifo +
                             seen.tx_dropped + seen.rx_dropped;
  const std::uint64_t packets = seen.rx_packets + seen.tx_packets;
  // rx_dropped also counts frames of protocols that nobody here speaks (LLDP), so a few are normal.
  // At one in ten thousand a long flow is bound by loss: 1.2 * 1448 B / (1 ms * 0.01) are 1.4
  // Gbit/s (Mathis).
  const double share = ShareOf(static_cast<double>(lost), static_cast<double>(packets));
  return {StateAbove(share, 1e-5, 1e-4), Format("{} of {} packets", lost, packets),
          "under one in 100000",
          Format("IFLA_STATS64: rx errors {} dropped {} missed {} fifo {}, tx errors {} dropped {}",
                 seen.rx_errors, seen.rx_dropped, seen.rx_missed, seen.rx_fifo, seen.tx_errors,
                 seen.tx_dropped)};
}

CheckState StateOfQdisc(const std::string& qdisc, bool bbr) {
  if (qdisc == "noqueue") return CheckState::kBad;
  if (qdisc == "pfifo_fast" || qdisc == "pfifo" || qdisc == "bfifo") return CheckState::kWarn;
  // Before Linux 4.20 bbr had no pacing of its own; with fq it is exact on all kernels.
  if (bbr && qdisc != "fq" && qdisc != "mq") return CheckState::kWarn;
  return CheckState::kOk;
}

CardView ViewQdisc(const InterfaceFacts& card, const HostFacts& facts) {
  if (card.qdisc.empty()) return UnknownCard("it has no queueing discipline");
  const auto congestion = TunableText(facts, kCongestion);
  const bool bbr = congestion && Trim(*congestion) == "bbr";
  return {StateOfQdisc(card.qdisc, bbr), card.qdisc, bbr ? "fq" : "fq_codel or fq",
          Format("RTM_GETQDISC: root {}", card.qdisc)};
}

const RouteFacts* RouteWithLargerMtu(const HostFacts& facts, const InterfaceFacts& card) {
  if (!facts.routes) return nullptr;
  for (const RouteFacts& route : *facts.routes) {
    if (route.interface == card.name && route.mtu && *route.mtu > card.mtu) return &route;
  }
  return nullptr;
}

const RouteFacts* RouteWithSmallerMtu(const HostFacts& facts, const InterfaceFacts& card) {
  if (!facts.routes) return nullptr;
  for (const RouteFacts& route : *facts.routes) {
    if (route.interface == card.name && route.mtu && *route.mtu < card.mtu) return &route;
  }
  return nullptr;
}

CardView ViewMtu(const InterfaceFacts& card, const HostFacts& facts) {
  if (card.mtu == 0) return UnknownCard("the interface does not say its MTU");
  if (!facts.routes) return UnknownCard(facts.routes.why());
  const std::string link = Format("IFLA_MTU {}", card.mtu);
  if (const RouteFacts* route = RouteWithLargerMtu(facts, card)) {
    return {CheckState::kBad,
            Format("{}, its route to {} says {}", card.mtu, route->destination, *route->mtu),
            "the same", Format("{}; RTAX_MTU {}", link, *route->mtu)};
  }
  if (const RouteFacts* route = RouteWithSmallerMtu(facts, card)) {
    return {CheckState::kWarn,
            Format("{}, its route to {} says {}", card.mtu, route->destination, *route->mtu),
            "the same", Format("{}; RTAX_MTU {}", link, *route->mtu)};
  }
  // 1280 is the least IPv6 allows; from there to 1500 (a tunnel, a cloud's overlay) this end tells
  // its peers by the MSS. Above, every peer of the segment has to have the same, which nobody here
  // can see.
  const CheckState state = card.mtu > 1500 ? CheckState::kWarn : StateBelow(card.mtu, 1280, 1280);
  return {state, Format("{}", card.mtu), "1280 to 1500, or the same at every peer", link};
}

std::string MtuFix(const InterfaceFacts& card) {
  return Format(
      "ping -M do -s {} the peer: an answer means the path carries it; then give the "
      "interface and its routes the same MTU",
      card.mtu > 28 ? card.mtu - 28 : 0);
}

}  // namespace

CheckResult LookAtLinkSpeed(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(facts, wish, ViewSpeed, "the link is the wall, not what is behind it",
                   [](const InterfaceFacts& card) {
                     return Format(
                         "try another cable and port; ethtool {} shows what both ends "
                         "offered",
                         card.name);
                   });
}

CheckResult LookAtDuplex(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(facts, wish, ViewDuplex,
                   "on half duplex requests and answers collide: loss that grows with the load",
                   [](const InterfaceFacts& card) {
                     return Format("ethtool -s {} autoneg on, at both ends of the cable",
                                   card.name);
                   });
}

CheckResult LookAtCardErrors(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(facts, wish, ViewErrors,
                   "lost at this card: TCP slows down as if the network were full",
                   [](const InterfaceFacts& card) {
                     return Format(
                         "ethtool -S {} names the cause: missed and fifo want larger "
                         "rings, errors another cable",
                         card.name);
                   });
}

CheckResult LookAtQdisc(const HostFacts& facts, const CheckWish& wish) {
  CheckResult result = WorstCard(
      facts, wish, [&](const InterfaceFacts& card) { return ViewQdisc(card, facts); },
      "a plain queue lets one bulk flow delay all others, no queue drops what the card cannot "
      "take, and bbr wants fq for its pacing",
      [&](const InterfaceFacts& card) {
        return Format("tc qdisc replace dev {} root fq, and net.core.default_qdisc for new ones",
                      card.name);
      });
  if (result.state == CheckState::kWarn || result.state == CheckState::kBad) {
    result.profile = {ExactLine("net.core.default_qdisc", "\"fq\"",
                                "new interfaces start with a plain queue otherwise")};
  }
  return result;
}

CheckResult LookAtMtu(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, [&](const InterfaceFacts& card) { return ViewMtu(card, facts); },
      "where two ends disagree, small requests pass and large answers hang until path MTU "
      "discovery gives up",
      MtuFix);
}

}  // namespace tunewire
