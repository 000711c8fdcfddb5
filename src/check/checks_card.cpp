// Network cards: rings, channels, coalescing, offloads, place.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "check/cards.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

struct WantedOffload {
  std::string_view name;  ///< the kernel's (net/ethtool/common.c)
  std::string_view word;
  std::string_view ethtool;  ///< what ethtool -K takes
};

// Off, these multiply the packets or bytes that the processor handles itself. LRO is not among
// them: GRO does its work and forwards correctly.
constexpr std::array<WantedOffload, 5> kOffloads{{{"rx-gro", "GRO", "gro"},
                                                  {"tx-generic-segmentation", "GSO", "gso"},
                                                  {"tx-tcp-segmentation", "TSO", "tso"},
                                                  {"tx-scatter-gather", "scatter-gather", "sg"},
                                                  {"rx-checksum", "receive checksum", "rx"}}};
// Cards offer one of these for sending: by protocol, or for all.
constexpr std::array<std::string_view, 2> kSendChecksums{"tx-checksum-ip-generic",
                                                         "tx-checksum-ipv4"};

bool SendChecksumOff(const std::map<std::string, bool>& offloads) {
  bool offered = false;
  for (const std::string_view name : kSendChecksums) {
    const auto found = offloads.find(std::string(name));
    if (found == offloads.end()) continue;
    if (found->second) return false;
    offered = true;
  }
  return offered;
}

std::vector<const WantedOffload*> OffloadsOff(const std::map<std::string, bool>& offloads) {
  std::vector<const WantedOffload*> off;
  for (const WantedOffload& wanted : kOffloads) {
    const auto found = offloads.find(std::string(wanted.name));
    if (found != offloads.end() && !found->second) off.push_back(&wanted);
  }
  return off;
}

CardView ViewRings(const InterfaceFacts& card) {
  if (!card.rings) return UnknownCard(card.rings.why());
  const RingSizes& rings = *card.rings;
  if (rings.rx_most == 0) return UnknownCard("the driver does not say how large its ring may be");
  // 512 descriptors are 500 us of full-size frames at 10 Gbit/s: less than a softirq may be held
  // up. A ring at its most cannot be mended, so it is fine.
  const bool small = rings.rx < 512 && rings.rx < rings.rx_most;
  return {small ? CheckState::kWarn : CheckState::kOk,
          Format("{} of {} receive descriptors", rings.rx, rings.rx_most),
          Format("{} or more", std::min<std::uint32_t>(512, rings.rx_most)),
          Format("ETHTOOL_MSG_RINGS_GET: rx {} of {}, tx {} of {}", rings.rx, rings.rx_most,
                 rings.tx, rings.tx_most)};
}

CardView ViewChannels(const InterfaceFacts& card, const HostFacts& facts) {
  if (!card.channels) return UnknownCard(card.channels.why());
  if (!facts.cpu) return UnknownCard(facts.cpu.why());
  const ChannelCounts& channels = *card.channels;
  const std::uint32_t now = std::max(channels.combined, channels.rx);
  const std::uint32_t most = std::max(channels.combined_most, channels.rx_most);
  if (now == 0) return UnknownCard("the driver counts no channels");
  // Eight queues carry any load of a test host; beyond them more hardly help.
  const std::uint32_t wanted = std::min({facts.cpu->online, most, std::uint32_t{8}});
  return {now >= wanted ? CheckState::kOk : CheckState::kWarn,
          Format("{} of {} for {}", Count(now, "queue", "queues"), most,
                 Count(facts.cpu->online, "CPU", "CPUs")),
          Format("{} or more", wanted),
          Format("ETHTOOL_MSG_CHANNELS_GET: combined {} of {}, rx {} of {}", channels.combined,
                 channels.combined_most, channels.rx, channels.rx_most)};
}

std::string Switch(const std::optional<bool>& value) {
  if (!value) return "not said";
  return *value ? "on" : "off";
}

CardView ViewCoalescing(const InterfaceFacts& card) {
  if (!card.coalescing) return UnknownCard(card.coalescing.why());
  const Coalescing& wait = *card.coalescing;
  if (!wait.rx_usecs && !wait.adaptive_rx) return UnknownCard("the driver does not say");
  const std::uint32_t usecs = wait.rx_usecs.value_or(0);
  const bool adaptive = wait.adaptive_rx.value_or(false);
  // A round trip in a data centre takes 20 to 50 us: a wait of the same size doubles it. Adaptive
  // moderation moves between a few and some hundred us by the load, so that figures at two rates
  // do not compare.
  const CheckState fixed = StateAbove(usecs, 50, 500);
  return {Worse(fixed, adaptive ? CheckState::kWarn : CheckState::kOk),
          adaptive ? Format("adaptive, {} us now", usecs) : Format("{} us", usecs),
          "fixed, 50 us or less",
          Format("ETHTOOL_MSG_COALESCE_GET: rx-usecs {}, adaptive-rx {}",
                 wait.rx_usecs ? Format("{}", usecs) : "not said", Switch(wait.adaptive_rx))};
}

CardView ViewOffloads(const InterfaceFacts& card) {
  if (!card.offloads) return UnknownCard(card.offloads.why());
  std::vector<std::string> words;
  for (const WantedOffload* off : OffloadsOff(*card.offloads)) words.emplace_back(off->word);
  if (SendChecksumOff(*card.offloads)) words.emplace_back("send checksum");
  return {words.empty() ? CheckState::kOk : CheckState::kWarn,
          words.empty() ? "all on" : Join(words, ", ") + " off", "all on",
          Format("ETHTOOL_MSG_FEATURES_GET: {} known",
                 Count(card.offloads->size(), "feature", "features"))};
}

std::string OffloadFix(const InterfaceFacts& card) {
  std::string command = Format("ethtool -K {}", card.name);
  for (const WantedOffload* off : OffloadsOff(*card.offloads)) {
    command += Format(" {} on", off->ethtool);
  }
  return SendChecksumOff(*card.offloads) ? command + " tx on" : command;
}

CardView ViewNumaNode(const InterfaceFacts& card, const HostFacts& facts) {
  if (!card.numa_node) return UnknownCard(card.numa_node.why());
  if (!facts.cpu) return UnknownCard(facts.cpu.why());
  const CpuFacts& cpu = *facts.cpu;
  const std::string evidence = Format("/sys/class/net/{}/device/numa_node = {}; {}", card.name,
                                      *card.numa_node, Count(cpu.numa_nodes, "node", "nodes"));
  if (cpu.numa_nodes <= 1) return {CheckState::kOk, "one node", "the same node", evidence};
  if (*card.numa_node < 0) return UnknownCard("the firmware does not say which node it is on");
  // On hosts with several nodes only pinning makes a run land on the card's node each time.
  const bool pinned = cpu.allowed <= (cpu.online + cpu.numa_nodes - 1) / cpu.numa_nodes;
  return {pinned ? CheckState::kOk : CheckState::kWarn,
          Format("on node {} of {}, this process on {} of {} CPUs", *card.numa_node, cpu.numa_nodes,
                 cpu.allowed, cpu.online),
          "one node's CPUs", evidence};
}

}  // namespace

CheckResult LookAtRings(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, ViewRings,
      "a burst that does not fit into the ring is dropped by the card, and TCP takes it for loss",
      [](const InterfaceFacts& card) {
        return Format("ethtool -G {} rx {}", card.name,
                      std::min<std::uint32_t>(2048, card.rings->rx_most));
      });
}

CheckResult LookAtChannels(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, [&](const InterfaceFacts& card) { return ViewChannels(card, facts); },
      "one queue is served by one CPU: it is full while the others are idle",
      [&](const InterfaceFacts& card) {
        const std::uint32_t most = std::max(card.channels->combined_most, card.channels->rx_most);
        const char* word = card.channels->combined_most > 0 ? "combined" : "rx";
        return Format("ethtool -L {} {} {}", card.name, word, std::min(facts.cpu->online, most));
      });
}

CheckResult LookAtCoalescing(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, ViewCoalescing,
      "the card holds packets back to save interrupts: that is part of every latency figure",
      [](const InterfaceFacts& card) {
        return Format(
            "ethtool -C {} adaptive-rx off rx-usecs 10 for latency; keep it for "
            "throughput",
            card.name);
      });
}

CheckResult LookAtOffloads(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(facts, wish, ViewOffloads,
                   "the processor then cuts, joins and sums every packet itself: throughput "
                   "measures the processor",
                   OffloadFix);
}

CheckResult LookAtNumaNode(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, [&](const InterfaceFacts& card) { return ViewNumaNode(card, facts); },
      "from the other node every packet crosses between sockets: two runs differ by where the "
      "scheduler put them",
      [](const InterfaceFacts& card) {
        return Format("start the program with numactl --cpunodebind={} --membind={}",
                      *card.numa_node, *card.numa_node);
      });
}

}  // namespace tunewire
