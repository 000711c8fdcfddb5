// TCP: memory, buffers, what is switched off, and what it had to send again.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr const char* kMemory = "net.ipv4.tcp_mem";
constexpr const char* kRmem = "net.ipv4.tcp_rmem";
constexpr const char* kWmem = "net.ipv4.tcp_wmem";
constexpr const char* kIdle = "net.ipv4.tcp_slow_start_after_idle";
constexpr const char* kCongestion = "net.ipv4.tcp_congestion_control";
constexpr const char* kAutotuning = "net.ipv4.tcp_moderate_rcvbuf";

std::string Both(std::string a, const std::string& b) { return std::move(a) + "; " + b; }

std::string Bytes(std::int64_t bytes) {
  return FormatBytes(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

struct TcpFeature {
  const char* key;
  const char* name;
  CheckState when_off;
};

// Without window scaling no window is above 64 KiB: every figure with a round-trip time is wrong.
// The other two cost recovery after loss, and the reuse of ports.
constexpr std::array<TcpFeature, 3> kFeatures{
    {{"net.ipv4.tcp_window_scaling", "window scaling", CheckState::kBad},
     {"net.ipv4.tcp_sack", "SACK", CheckState::kWarn},
     {"net.ipv4.tcp_timestamps", "time stamps", CheckState::kWarn}}};

std::string CongestionWhy(const std::string& name) {
  if (name == "bbr") {
    return "bbr paces: after a stall or a pause the next request can wait about 15 ms, with no "
           "loss and no delayed ACK to blame";
  }
  if (name == "dctcp")
    return "dctcp is for networks whose switches mark ECN; elsewhere it is "
           "unfair and collapses at loss";
  return "decides how fast a flow grows and how it meets loss: two hosts with different ones do "
         "not compare";
}

CheckState StateOfRetransmissions(std::int64_t again, std::int64_t sent) {
  // Below a thousand segments one lost segment would be a rate: say so as a warning only.
  const double rate = ShareOf(static_cast<double>(again), static_cast<double>(sent));
  const CheckState state = StateAbove(rate, 0.001, 0.01);
  return sent < 1000 && state == CheckState::kBad ? CheckState::kWarn : state;
}

}  // namespace

CheckResult LookAtTcpMemory(const HostFacts& facts, const CheckWish&) {
  if (!facts.sockets) return UnknownCheck(facts.sockets.why());
  const auto marks = TunableNumbers(facts, kMemory, 3);
  if (!marks) return UnknownCheck(marks.error().message);
  const auto used = static_cast<double>(facts.sockets->tcp_memory_pages);
  const CheckState state =
      StateAbove(used, static_cast<double>((*marks)[0]), static_cast<double>((*marks)[1]));
  return JudgedCheck(
      state,
      {Format("{} of {} pages", facts.sockets->tcp_memory_pages, (*marks)[2]),
       Format("under {}", (*marks)[0]),
       Both(Format("/proc/net/sockstat: TCP mem {}", facts.sockets->tcp_memory_pages),
            TunableEvidence(facts, kMemory)),
       "above the second mark the kernel shrinks windows, above the third it drops what arrives: "
       "all flows of the host slow down"},
      {"raise net.ipv4.tcp_mem, or find who leaves data unread",
       {ExactLine(kMemory,
                  "[\"keep\", {\"at_least\": \"10% of ram\"}, {\"at_least\": \"15% of ram\"}]",
                  "TCP as a whole is short of memory")}});
}

CheckResult LookAtTcpBuffers(const HostFacts& facts, const CheckWish&) {
  const auto receive = TunableNumbers(facts, kRmem, 3);
  if (!receive) return UnknownCheck(receive.error().message);
  const auto send = TunableNumbers(facts, kWmem, 3);
  if (!send) return UnknownCheck(send.error().message);
  const std::int64_t least = std::min((*receive)[2], (*send)[2]);
  // 4 MiB, the kernel's default on hosts with memory, carry 1 Gbit/s over 33 ms; 128 KiB carry it
  // over 1 ms only.
  return JudgedCheck(
      StateBelow(static_cast<double>(least), 4194304, 131072),
      {Format("{} in, {} out", Bytes((*receive)[2]), Bytes((*send)[2])), "4 MiB or more",
       Both(TunableEvidence(facts, kRmem), TunableEvidence(facts, kWmem)),
       "one flow has at most so much in flight: its throughput is that by the round-trip time"},
      {"raise the third fields of tcp_rmem and tcp_wmem",
       {ExactLine(kRmem, "[\"keep\", \"keep\", {\"at_least\": 6291456}]",
                  "one flow's window ends at it"),
        ExactLine(kWmem, "[\"keep\", \"keep\", {\"at_least\": 4194304}]",
                  "one flow's data in flight ends at it")}});
}

CheckResult LookAtSocketBuffers(const HostFacts& facts, const CheckWish&) {
  const auto receive = TunableNumber(facts, "net.core.rmem_max");
  if (!receive) return UnknownCheck(receive.error().message);
  const auto send = TunableNumber(facts, "net.core.wmem_max");
  if (!send) return UnknownCheck(send.error().message);
  // 212992 was the kernel's default for twenty years: below it somebody lowered it.
  return JudgedCheck(
      StateBelow(static_cast<double>(std::min(*receive, *send)), 212992, 65536),
      {Format("{} in, {} out", Bytes(*receive), Bytes(*send)), "208 KiB or more",
       Both(TunableEvidence(facts, "net.core.rmem_max"),
            TunableEvidence(facts, "net.core.wmem_max")),
       "a program that asks for more with SO_RCVBUF or SO_SNDBUF gets this, silently, and no "
       "autotuning; tcp_rmem and tcp_wmem are not bounded by it"},
      {"raise net.core.rmem_max and net.core.wmem_max",
       {AtLeastLine("net.core.rmem_max", 212992, "SO_RCVBUF is cut at it"),
        AtLeastLine("net.core.wmem_max", 212992, "SO_SNDBUF is cut at it")}});
}

CheckResult LookAtReceiveAutotuning(const HostFacts& facts, const CheckWish&) {
  const auto on = TunableNumber(facts, kAutotuning);
  if (!on) return UnknownCheck(on.error().message);
  return JudgedCheck(*on != 0 ? CheckState::kOk : CheckState::kBad,
                     {*on != 0 ? "on" : "off", "on", TunableEvidence(facts, kAutotuning),
                      "without it every flow stays at the second field of tcp_rmem"},
                     {"set net.ipv4.tcp_moderate_rcvbuf to 1",
                      {ExactLine(kAutotuning, "1", "receive windows would not grow")}});
}

CheckResult LookAtTcpFeatures(const HostFacts& facts, const CheckWish&) {
  CheckState state = CheckState::kOk;
  std::vector<std::string> off, evidence;
  CheckFix fix{"switch them on", {}};
  for (const TcpFeature& feature : kFeatures) {
    const auto value = TunableNumber(facts, feature.key);
    if (!value) return UnknownCheck(value.error().message);
    evidence.push_back(TunableEvidence(facts, feature.key));
    if (*value != 0) continue;
    off.emplace_back(feature.name);
    state = Worse(state, feature.when_off);
    fix.profile.push_back(ExactLine(feature.key, "1", "off, it makes TCP another protocol"));
  }
  return JudgedCheck(
      state,
      {off.empty() ? "all on" : Join(off, ", ") + " off", "all on", Join(evidence, "; "),
       "without window scaling a flow stops at 64 KiB a round trip; without SACK "
       "and time stamps loss costs more, and ports in TIME_WAIT cannot be reused"},
      std::move(fix));
}

CheckResult LookAtSlowStartAfterIdle(const HostFacts& facts, const CheckWish&) {
  const auto on = TunableNumber(facts, kIdle);
  if (!on) return UnknownCheck(on.error().message);
  return JudgedCheck(*on == 0 ? CheckState::kOk : CheckState::kWarn,
                     {*on == 0 ? "off" : "on", "off", TunableEvidence(facts, kIdle),
                      "a kept connection that pauses longer than its RTO starts again with 10 "
                      "segments: an answer above 14 KB then takes more round trips"},
                     {"set net.ipv4.tcp_slow_start_after_idle to 0",
                      {ExactLine(kIdle, "0", "pauses between requests would cost round trips")}});
}

CheckResult LookAtCongestionControl(const HostFacts& facts, const CheckWish&) {
  const auto text = TunableText(facts, kCongestion);
  if (!text) return UnknownCheck(text.error().message);
  const std::string name(Trim(*text));
  const bool usual = name == "cubic" || name == "reno";
  return JudgedCheck(usual ? CheckState::kOk : CheckState::kWarn,
                     {Printable(name), "cubic, or the one you mean to measure",
                      TunableEvidence(facts, kCongestion), CongestionWhy(name)},
                     {"keep it where it is what you measure; else set cubic and compare", {}});
}

CheckResult LookAtRetransmissions(const HostFacts& facts, const CheckWish&) {
  const auto again = MoveOf(facts, "Tcp", "RetransSegs");
  if (!again) return UnknownCheck(again.error().message);
  const auto sent = MoveOf(facts, "Tcp", "OutSegs");
  if (!sent) return UnknownCheck(sent.error().message);
  if (!again->in_window || !sent->in_window) {
    return UnknownCheck(facts.counters->grows
                            ? "counters were read only once: with --for 5s they are read twice"
                            : "a captured tree has its counters once, those since boot");
  }
  const double rate =
      ShareOf(static_cast<double>(*again->in_window), static_cast<double>(*sent->in_window));
  return JudgedCheck(StateOfRetransmissions(*again->in_window, *sent->in_window),
                     {Format("{} ({} of {})", Percent(rate), *again->in_window, *sent->in_window),
                      "under 0.1 %", MoveEvidence("/proc/net/snmp", "Tcp RetransSegs", *again),
                      "segments are being lost now: each costs a round trip, the last one of a "
                      "message 200 ms"},
                     {"find the loss first: tunewire counters, card errors, queue drops", {}});
}

}  // namespace tunewire
