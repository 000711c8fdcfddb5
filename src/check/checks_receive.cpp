// The receive path: which CPUs serve it, and what they drop.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "check/cards.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr const char* kBacklog = "net.core.netdev_max_backlog";

std::string Cpus(const std::set<std::uint32_t>& cpus) {
  std::vector<std::string> words;
  for (const std::uint32_t cpu : cpus) words.push_back(Format("{}", cpu));
  if (words.size() <= 8) return Join(words, " ");
  return Format("{} and {} more", Join(std::span(words).first(8), " "), words.size() - 8);
}

/// Every interrupt runs on one CPU at a time: of those it may run on, which one only the kernel
/// knows. So a card with several interrupts whose masks are all alike is spread, one with a single
/// interrupt is not.
std::set<std::uint32_t> CpusOfInterrupts(const std::vector<QueueInterrupt>& interrupts) {
  std::set<std::uint32_t> cpus;
  for (const QueueInterrupt& one : interrupts) cpus.insert(one.cpus.begin(), one.cpus.end());
  return cpus;
}

std::set<std::uint32_t> CpusOfRps(const InterfaceFacts& card) {
  std::set<std::uint32_t> cpus;
  if (!card.rps) return cpus;
  for (const auto& queue : *card.rps) cpus.insert(queue.begin(), queue.end());
  return cpus;
}

/// A card with one queue may have a second interrupt for sending.
std::size_t ReceiveQueues(const InterfaceFacts& card) {
  if (card.channels) {
    const std::uint32_t queues = std::max(card.channels->combined, card.channels->rx);
    if (queues > 0) return queues;
  }
  return card.interrupts->size();
}

CardView ViewSpread(const InterfaceFacts& card, const HostFacts& facts) {
  if (!facts.cpu) return UnknownCard(facts.cpu.why());
  const std::set<std::uint32_t> rps = CpusOfRps(card);
  const std::string rps_words = card.rps ? (rps.empty() ? "off" : Cpus(rps)) : card.rps.why();
  if (facts.cpu->online <= 1) {
    return {CheckState::kOk, "one CPU", "several CPUs", Format("rps_cpus: {}", rps_words)};
  }
  if (!card.interrupts && rps.size() > 1) {
    return {CheckState::kOk, Format("RPS over CPUs {}", Cpus(rps)), "several CPUs",
            Format("rps_cpus: {}", rps_words)};
  }
  if (!card.interrupts) return UnknownCard(card.interrupts.why());
  const std::set<std::uint32_t> cpus = CpusOfInterrupts(*card.interrupts);
  const std::size_t serving = std::min({card.interrupts->size(), cpus.size(), ReceiveQueues(card)});
  if (serving == 0) return UnknownCard("no interrupt of it is listed");
  const std::string evidence =
      Format("/proc/irq: {} on CPUs {}; rps_cpus: {}",
             Count(card.interrupts->size(), "interrupt", "interrupts"), Cpus(cpus), rps_words);
  const bool spread = serving > 1 || rps.size() > 1;
  return {spread ? CheckState::kOk : CheckState::kWarn,
          spread ? Format("{} CPUs", std::max(serving, rps.size()))
                 : Format("{} on one CPU at a time",
                          Count(card.interrupts->size(), "interrupt", "interrupts")),
          "several CPUs", evidence};
}

using SoftnetField = std::uint64_t SoftnetCpu::*;

struct SoftnetMove {
  CounterMove move;
  std::uint64_t processed = 0;  ///< in the window, or since boot
  std::uint32_t worst_cpu = 0;
};

std::uint64_t ValueAt(const std::vector<SoftnetCpu>& cpus, std::uint32_t cpu, SoftnetField field) {
  for (const SoftnetCpu& one : cpus) {
    if (one.cpu == cpu) return one.*field;
  }
  return 0;
}

std::uint64_t Grown(const CounterReadings& readings, const SoftnetCpu& last, SoftnetField field) {
  if (readings.seconds <= 0) return last.*field;
  const std::uint64_t before = ValueAt(readings.softnet_first, last.cpu, field);
  return last.*field > before ? last.*field - before : 0;
}

SoftnetMove MoveOfSoftnet(const CounterReadings& readings, SoftnetField field) {
  const auto& cpus = readings.seconds > 0 ? readings.softnet_last : readings.softnet_first;
  SoftnetMove all;
  all.move.seconds = readings.seconds;
  std::uint64_t grown = 0, most = 0;
  for (const SoftnetCpu& one : cpus) {
    const std::uint64_t here = Grown(readings, one, field);
    if (here > most) all.worst_cpu = one.cpu;
    most = std::max(most, here);
    grown += here;
    all.processed += Grown(readings, one, &SoftnetCpu::processed);
    all.move.since_boot += static_cast<std::int64_t>(one.*field);
  }
  if (readings.seconds > 0) all.move.in_window = static_cast<std::int64_t>(grown);
  return all;
}

std::string SoftnetEvidence(const char* column, const SoftnetMove& seen) {
  std::string text = MoveEvidence("/proc/net/softnet_stat", column, seen.move);
  if (StateOfMove(seen.move) != CheckState::kOk) text += Format(", most on CPU {}", seen.worst_cpu);
  return text;
}

/// Nothing where the readings have no rows.
std::string WhyNoSoftnet(const HostFacts& facts) {
  if (!facts.counters) return facts.counters.why();
  const CounterReadings& readings = *facts.counters;
  const auto& cpus = readings.seconds > 0 ? readings.softnet_last : readings.softnet_first;
  return cpus.empty() ? "/proc/net/softnet_stat was not read" : "";
}

}  // namespace

CheckResult LookAtInterruptSpread(const HostFacts& facts, const CheckWish& wish) {
  return WorstCard(
      facts, wish, [&](const InterfaceFacts& card) { return ViewSpread(card, facts); },
      "all packets of the card pass one CPU: it is the wall while the others are idle",
      [](const InterfaceFacts& card) {
        return Format(
            "write a mask of several CPUs to /sys/class/net/{}/queues/rx-*/rps_cpus, or "
            "more queues: ethtool -L",
            card.name);
      });
}

CheckResult LookAtSoftnetDrops(const HostFacts& facts, const CheckWish&) {
  if (const std::string why = WhyNoSoftnet(facts); !why.empty()) return UnknownCheck(why);
  const SoftnetMove seen = MoveOfSoftnet(*facts.counters, &SoftnetCpu::dropped);
  return JudgedCheck(
      StateOfMove(seen.move),
      {MoveWords(seen.move), "none", SoftnetEvidence("column 2 (dropped)", seen),
       "a CPU's input queue was full: the host itself dropped packets that the network had "
       "delivered"},
      {"raise net.core.netdev_max_backlog, and spread the card's interrupts",
       {AtLeastLine(kBacklog, 10000, "input queues of CPUs have overflowed")}});
}

CheckResult LookAtTimeSqueeze(const HostFacts& facts, const CheckWish&) {
  if (const std::string why = WhyNoSoftnet(facts); !why.empty()) return UnknownCheck(why);
  const SoftnetMove seen = MoveOfSoftnet(*facts.counters, &SoftnetCpu::time_squeeze);
  const std::int64_t squeezed = seen.move.in_window.value_or(seen.move.since_boot);
  // A poll ends early now and then on every busy host; more than one in a thousand packets means
  // that it happens each time (64 packets a poll, 300 a softirq).
  const double share = ShareOf(static_cast<double>(squeezed), static_cast<double>(seen.processed));
  // Since boot there may have been one bad hour long ago.
  const bool now = seen.move.in_window.has_value();
  return JudgedCheck(
      StateAbove(share, 0.001, now ? 0.01 : 1),
      {Format("{}, {}", MoveWords(seen.move), Count(seen.processed, "packet", "packets")),
       "under one in 1000 packets", SoftnetEvidence("column 3 (time_squeeze)", seen),
       "the receive softirq used up its time with packets left over: they wait for the next one"},
      {"spread the card's interrupts; then raise net.core.netdev_budget",
       {AtLeastLine("net.core.netdev_budget", 600, "the receive softirq ends with work left")}});
}

CheckResult LookAtDeviceBacklog(const HostFacts& facts, const CheckWish&) {
  const auto most = TunableNumber(facts, kBacklog);
  if (!most) return UnknownCheck(most.error().message);
  // 1000 is the kernel's default; loopback and RPS pass through it, cards with NAPI do not.
  return JudgedCheck(
      StateBelow(static_cast<double>(*most), 1000, 100),
      {Count(static_cast<std::uint64_t>(std::max<std::int64_t>(*most, 0)), "packet", "packets"),
       "1000 or more", TunableEvidence(facts, kBacklog),
       "each CPU's queue for packets of loopback, veth and RPS: what does not fit is dropped"},
      {Format("raise {}", kBacklog),
       {AtLeastLine(kBacklog, 1000, "packets of loopback, veth and RPS wait there")}});
}

}  // namespace tunewire
