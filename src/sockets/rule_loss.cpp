// What the path loses, repeats or turns around, and windows that idling has shrunk.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

// One or two are a tail probe or a hiccup; three in one watch are a habit.
constexpr std::uint64_t kHabit = 3;

struct Loss {
  std::uint64_t sent = 0;      ///< data segments
  std::uint64_t repeated = 0;  ///< retransmissions
  std::uint64_t needless = 0;  ///< of those, what the peer had already (DSACK)
  std::uint64_t timeouts = 0;

  [[nodiscard]] std::uint64_t Lost() const { return repeated > needless ? repeated - needless : 0; }
  [[nodiscard]] double Rate() const {
    return sent == 0 ? 0 : static_cast<double>(Lost()) / static_cast<double>(sent);
  }
};

Loss LossOf(const ConnectionEvidence& connection) {
  return {.sent = Grown(connection, &TcpInfo::data_segs_out),
          .repeated = Grown(connection, &TcpInfo::total_retrans),
          .needless = Grown(connection, &TcpInfo::dsack_dups),
          .timeouts = Grown(connection, &TcpInfo::total_rto)};
}

void PutLoss(Finding& finding, const ConnectionEvidence& connection, const Loss& loss) {
  Put(finding, "retransmitted_segments", loss.repeated);
  Put(finding, "duplicates_reported", loss.needless);
  Put(finding, "segments_sent", loss.sent);
  Put(finding, "timeouts", loss.timeouts);
  Put(finding, "recovery_looks", connection.Tally(Sign::kInRecovery).looks);
  Put(finding, "rtt_us", connection.last.tcp.rtt);
  Put(finding, "rto_us", connection.last.tcp.rto);
}

// A percent is what long TCP transfers notice; five ruin them.
constexpr double kNoticed = 0.01;
constexpr double kRuinous = 0.05;
constexpr std::uint64_t kRuinousCount = 10;

// Three expiries of a timer that doubles are 1.4 seconds of silence at least.
constexpr std::uint8_t kSilent = 3;

bool IsSilent(const ConnectionEvidence& connection) {
  const SocketInfo& last = connection.last;
  const bool opening = last.state == TcpState::kSynSent || last.state == TcpState::kSynReceived ||
                       last.state == TcpState::kNewSynReceived;
  return !opening && last.timer == SocketTimer::kRetransmit && last.retransmits >= kSilent &&
         last.send_queue > 0;
}

bool IsLossy(const ConnectionEvidence& connection, const Loss& loss) {
  return loss.Lost() >= kHabit && loss.Rate() >= kNoticed && !IsSilent(connection);
}

Finding LossFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                    const Loss& loss) {
  Finding finding = About(evidence, connection, "retransmissions");
  const bool ruinous =
      (loss.Rate() >= kRuinous && loss.Lost() >= kRuinousCount) || loss.timeouts >= kHabit;
  finding.severity = ruinous ? Severity::kBad : Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  const auto& tcp = connection.last.tcp;
  finding.cost_us = (loss.timeouts > 0 ? tcp.rto : tcp.rtt).value_or(0);
  PutLoss(finding, connection, loss);
  finding.summary = Format(
      "{} of {} segments were sent again ({}){}", loss.Lost(), loss.sent, PercentText(loss.Rate()),
      loss.timeouts > 0 ? Format(", {} after a timeout of {} or more", loss.timeouts,
                                 MsText(tcp.rto.value_or(0) / 1000))
                        : "");
  finding.advice =
      "look for drops on the way: ip -s link, ethtool -S, tc -s qdisc here, the switch and the "
      "peer's "
      "side next; on a path that always loses some, bbr keeps the rate better than cubic";
  return finding;
}

Finding SilentFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = AboutSign(evidence, connection, Sign::kRetransmitting, "peer_silent");
  const SocketInfo& last = connection.last;
  finding.severity = Severity::kBad;
  finding.confidence = Confidence::kConfirmed;
  finding.cost_us = std::int64_t{last.tcp.last_ack_recv.value_or(0)} * 1000;
  Put(finding, "timeouts_in_a_row", last.retransmits);
  Put(finding, "last_ack_received_ms", last.tcp.last_ack_recv);
  Put(finding, "send_queue_bytes", last.send_queue);
  Put(finding, "next_try_ms", last.timer_ms);
  finding.summary =
      Format("the peer acknowledges nothing: {} timeouts in a row, {} bytes wait, last ACK {} ago",
             last.retransmits, last.send_queue, MsText(last.tcp.last_ack_recv.value_or(0)));
  finding.advice =
      "the peer or the path to it is gone; the kernel tries for 15 minutes "
      "(net.ipv4.tcp_retries2): "
      "set TCP_USER_TIMEOUT in programs that must notice sooner";
  return finding;
}

/// Where the peer's window stops the sender, tail loss probes repeat what has arrived: they cost
/// nothing, and the window is the trouble.
bool WindowStops(const ConnectionEvidence& connection) {
  constexpr double kOften = 0.25;
  return ShareOf(connection, Sign::kPeerWindowZero) + ShareOf(connection, Sign::kPeerWindowFull) >=
         kOften;
}

/// Tail loss probes (TCPLossProbes, of the whole namespace) repeat one segment when an ACK is a
/// little late, as it is on every busy host. What they can explain accuses nobody.
bool IsNeedless(const Evidence& evidence, const ConnectionEvidence& connection, const Loss& loss) {
  const auto probes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, Moved(evidence, "TCPLossProbes")));
  return loss.needless >= kHabit + probes && loss.needless * 2 >= loss.repeated &&
         static_cast<double>(loss.needless) >= kNoticed * static_cast<double>(loss.sent) &&
         !WindowStops(connection);
}

Finding NeedlessFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                        const Loss& loss) {
  Finding finding = About(evidence, connection, "spurious_retransmissions");
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  PutLoss(finding, connection, loss);
  finding.summary = Format("{} of {} retransmissions were needless: the peer had the data already",
                           loss.needless, loss.repeated);
  finding.advice =
      "the round trip varies more than the RTO allows for, or the path reorders: look for queues "
      "that "
      "fill and stall (bufferbloat, Wi-Fi, a paused virtual machine); net.ipv4.tcp_frto and "
      "tcp_timestamps must be on";
  return finding;
}

/// Known to the namespace only: some connection, perhaps not one that was watched.
Finding NeedlessSomewhere(const Evidence& evidence, std::int64_t count) {
  Finding finding = AboutNamespace(evidence, "spurious_retransmissions");
  finding.severity = Severity::kInfo;
  Put(finding, "tcp_spurious_rtos", count);
  finding.summary = Format("{} timeouts on this host were needless (TCPSpuriousRTOs)", count);
  finding.advice = "watch with --all to see on which connections";
  return finding;
}

Finding ReorderFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                       std::uint64_t seen, const Loss& loss) {
  Finding finding = About(evidence, connection, "reordering");
  // Since RACK a few cost nothing.
  const bool costs = static_cast<double>(seen) >= kNoticed * static_cast<double>(loss.sent);
  finding.severity = costs ? Severity::kWarning : Severity::kInfo;
  finding.confidence = Confidence::kConfirmed;
  Put(finding, "reordering_events", seen);
  Put(finding, "reordering_distance_segments", connection.last.tcp.reordering);
  PutLoss(finding, connection, loss);
  finding.summary = Format("the path reorders: seen {} times in {} segments", seen, loss.sent);
  finding.advice =
      "packets of one connection take several ways: look at bonding in round-robin mode, "
      "per-packet "
      "load balancing, and RPS or interrupt spreading without flow affinity";
  return finding;
}

/// Round trips until a window that doubles in each is back.
std::int64_t RoundsBack(const LookTrends& trends) {
  if (trends.collapse_to == 0) return 0;
  return std::lround(std::ceil(std::log2(static_cast<double>(trends.collapse_from) /
                                         static_cast<double>(trends.collapse_to))));
}

Finding CollapseFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  const LookTrends& trends = connection.trends;
  Finding finding = About(evidence, connection, "idle_collapse");
  const std::int64_t rounds = RoundsBack(trends);
  finding.cost_us = rounds * connection.last.tcp.min_rtt.value_or(0);
  constexpr std::int64_t kWorthUs = 1000;
  finding.severity = finding.cost_us >= kWorthUs ? Severity::kWarning : Severity::kInfo;
  // With the setting on, and neither loss nor mark, nothing else does this.
  if (evidence.settings.slow_start_after_idle == 1U) finding.confidence = Confidence::kConfirmed;
  Put(finding, "collapses", trends.idle_collapses);
  Put(finding, "cwnd_before_segments", trends.collapse_from);
  Put(finding, "cwnd_after_segments", trends.collapse_to);
  Put(finding, "min_rtt_us", connection.last.tcp.min_rtt);
  Put(finding, "rto_us", connection.last.tcp.rto);
  Put(finding, "congestion_control", connection.last.congestion_control);
  finding.summary = Format(
      "after a pause the congestion window fell from {} to {} segments, {}: a large answer takes "
      "{} "
      "more round trips",
      trends.collapse_from, trends.collapse_to, CountText(trends.idle_collapses, "time"), rounds);
  finding.advice =
      "net.ipv4.tcp_slow_start_after_idle=0 keeps the window of connections that pause between "
      "requests";
  return finding;
}

/// bbr and others with their own control never restart.
bool MayCollapse(const Evidence& evidence, const ConnectionEvidence& connection) {
  return connection.trends.idle_collapses > 0 && evidence.settings.slow_start_after_idle != 0U &&
         !connection.last.congestion_control.starts_with("bbr");
}

}  // namespace

Findings Retransmissions(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const Loss loss = LossOf(connection);
    if (IsLossy(connection, loss)) found.push_back(LossFinding(evidence, connection, loss));
  }
  return found;
}

Findings PeerSilent(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsSilent(connection)) found.push_back(SilentFinding(evidence, connection));
  }
  return found;
}

Findings SpuriousRetransmissions(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const Loss loss = LossOf(connection);
    if (IsNeedless(evidence, connection, loss))
      found.push_back(NeedlessFinding(evidence, connection, loss));
  }
  const std::int64_t somewhere = Moved(evidence, "TCPSpuriousRTOs");
  if (found.empty() && somewhere >= static_cast<std::int64_t>(kHabit)) {
    found.push_back(NeedlessSomewhere(evidence, somewhere));
  }
  return found;
}

Findings Reordering(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const std::uint64_t seen = Grown(connection, &TcpInfo::reord_seen);
    // Within a host nothing turns around: there a needless tail loss probe is taken for it.
    if (seen < kHabit || StaysOnHost(connection.last)) continue;
    found.push_back(ReorderFinding(evidence, connection, seen, LossOf(connection)));
  }
  return found;
}

Findings IdleCollapse(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (MayCollapse(evidence, connection)) found.push_back(CollapseFinding(evidence, connection));
  }
  return found;
}

}  // namespace tunewire
