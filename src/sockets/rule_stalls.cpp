// Bytes that wait for a timer though every window is open: Nagle, delayed ACKs, corks.
#include <algorithm>
#include <span>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

// Fewer than three looks can be one hiccup of a busy host; five are a proof when the options are
// known. A stall of 40 ms is seen by one or two looks that come every 25 ms.
constexpr std::uint32_t kLikelyLooks = 3;
constexpr std::uint32_t kProvingLooks = 5;
// From here on the connection spends its life waiting.
constexpr double kMuch = 0.25;
constexpr std::uint64_t kPacedUs = 5000;
constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kNsPerUs = 1000;

Severity ByShare(double share) { return share >= kMuch ? Severity::kBad : Severity::kWarning; }

std::string OnOff(const std::optional<bool>& option) {
  if (!option) return "unknown";
  return *option ? "on" : "off";
}

std::optional<bool> Nodelay(const ConnectionEvidence& connection) {
  return connection.options ? connection.options->nodelay : std::nullopt;
}

std::optional<bool> Cork(const ConnectionEvidence& connection) {
  return connection.options ? connection.options->cork : std::nullopt;
}

/// Pacing (bbr, SO_MAX_PACING_RATE) holds bytes back as well; not for long unless its rate is tiny
/// beside what the connection sends at a time.
bool MayBePaced(const ConnectionEvidence& connection) {
  const auto& tcp = connection.last.tcp;
  if (!tcp.pacing_rate || *tcp.pacing_rate == 0) return false;
  const std::uint64_t segments =
      std::max<std::uint64_t>(1, Grown(connection, &TcpInfo::data_segs_out));
  const std::uint64_t segment = Grown(connection, &TcpInfo::bytes_sent) / segments;
  return segment * 1000000 / *tcp.pacing_rate >= kPacedUs;
}

/// A lost segment's ACK is late as well, and holds the next small one for the length of an RTO.
bool LossExplains(const ConnectionEvidence& connection) {
  return Grown(connection, &TcpInfo::total_retrans) * 4 > connection.trends.held_quiet_looks;
}

/// Held again and again: it must have sent meanwhile, or it is one hold and perhaps a dead peer.
bool IsHeld(const ConnectionEvidence& connection) {
  return connection.trends.held_quiet_looks >= kLikelyLooks &&
         Nodelay(connection) != std::optional(true) &&
         Grown(connection, &TcpInfo::data_segs_out) >= kLikelyLooks && !LossExplains(connection);
}

/// A cork holds with nothing on the way, too; Nagle's hold ends with the ACK.
bool LooksCorked(const ConnectionEvidence& connection) {
  return connection.Tally(Sign::kCorked).looks * 4 >= connection.Tally(Sign::kHeldSmall).looks;
}

void PutHold(Finding& finding, const ConnectionEvidence& connection) {
  const auto& tcp = connection.last.tcp;
  Put(finding, "held_looks", connection.Tally(Sign::kHeldSmall).looks);
  Put(finding, "held_quiet_looks", connection.trends.held_quiet_looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "held_max_ms", connection.trends.held_quiet_max_ms);
  Put(finding, "notsent_bytes", tcp.notsent_bytes);
  Put(finding, "unacked_segments", tcp.unacked);
  Put(finding, "send_window_bytes", tcp.snd_wnd);
  Put(finding, "cwnd_segments", tcp.snd_cwnd);
  Put(finding, "mss_bytes", tcp.snd_mss);
  Put(finding, "min_rtt_us", tcp.min_rtt);
  Put(finding, "segments_sent", Grown(connection, &TcpInfo::data_segs_out));
  Put(finding, "segments_received", Grown(connection, &TcpInfo::data_segs_in));
  Put(finding, "nodelay", OnOff(Nodelay(connection)));
  Put(finding, "cork", OnOff(Cork(connection)));
}

bool HoldIsProven(const ConnectionEvidence& connection) {
  return connection.trends.held_quiet_looks >= kProvingLooks &&
         Nodelay(connection) == std::optional(false) && Cork(connection) == std::optional(false) &&
         !MayBePaced(connection);
}

std::string HoldSummary(const ConnectionEvidence& connection, const Finding& finding) {
  const bool answers = Grown(connection, &TcpInfo::data_segs_in) > 0;
  return Format(
      "small writes wait unsent for the ACK of the one before: {}, up to {} each{}",
      LooksText(finding.share, connection.looks), MsText(connection.trends.held_quiet_max_ms),
      answers ? "" : "; the peer answers nothing, so it matters only if each must arrive at once");
}

Finding NagleFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = AboutSign(evidence, connection, Sign::kHeldSmall, "held_by_nagle");
  // A stream that nobody answers (a log, a feed) is what Nagle was made for.
  const bool answers = Grown(connection, &TcpInfo::data_segs_in) > 0;
  finding.severity = answers ? ByShare(finding.share) : Severity::kInfo;
  if (HoldIsProven(connection)) finding.confidence = Confidence::kConfirmed;
  finding.cost_us = connection.trends.held_quiet_max_ms * kUsPerMs;
  PutHold(finding, connection);
  finding.summary = HoldSummary(connection, finding);
  finding.advice =
      "send each message with one write (writev(2), or MSG_MORE on all but its last piece), or set "
      "TCP_NODELAY on the socket";
  finding.fix = LiveFix::kNodelay;
  return finding;
}

// Delayed ACKs. The timer's shortest period is 40 ms: an exchange that waits for it comes 25 times
// a second at most, give or take the jiffies.
constexpr double kTimerPace = 30;
constexpr double kMostly = 0.5;
constexpr std::uint64_t kPieces = 6;

/// More than one small segment for each answer. A message above the MSS comes in several as well,
/// but then all but its last are full and the mean is above half an MSS.
bool ComesInPieces(const ConnectionEvidence& connection) {
  const std::uint64_t in = Grown(connection, &TcpInfo::data_segs_in);
  const std::uint64_t out = Grown(connection, &TcpInfo::data_segs_out);
  const std::uint64_t mss = connection.last.tcp.advmss.value_or(0);
  return in >= kPieces && out >= kPieces / 2 && in * 2 >= out * 3 &&
         Grown(connection, &TcpInfo::bytes_received) * 2 < mss * in;
}

std::uint64_t Answers(const ConnectionEvidence& connection) {
  return Grown(connection, &TcpInfo::data_segs_out);
}

bool AtTimerPace(const ConnectionEvidence& connection) {
  const double seconds = WatchedSeconds(connection);
  return seconds > 0 && static_cast<double>(Answers(connection)) / seconds <= kTimerPace;
}

/// Waiting for the rest of a message with what came already read: a reader that has not come yet
/// waits for nothing but itself.
bool AwaitsTheRest(const ConnectionEvidence& connection) {
  const std::uint32_t pending = connection.Tally(Sign::kAckPending).looks;
  const std::uint32_t unread = connection.Tally(Sign::kReaderBehind).looks;
  return pending > unread && (pending - unread) >= kMostly * connection.looks;
}

bool MayAnswerLate(const ConnectionEvidence& connection) {
  if (!AwaitsTheRest(connection) || !ComesInPieces(connection)) return false;
  // Without ping-pong mode nobody delays; the mode is known only where /proc/net/tcp was read.
  return AtTimerPace(connection) &&
         (connection.ack_looks == 0 || connection.Tally(Sign::kPingPong).looks > 0);
}

/// Each of their exchanges must have had its delayed ACK. The counter is the whole namespace's: it
/// clears, and does not prove.
bool TimerFired(const Evidence& evidence, std::span<const ConnectionEvidence* const> suspects) {
  std::uint64_t answers = 0;
  for (const ConnectionEvidence* suspect : suspects) answers += Answers(*suspect);
  const auto fired =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, Moved(evidence, "DelayedACKs")));
  return fired * 4 >= answers * 3;
}

std::string_view LateBecause(const ConnectionEvidence* writer) {
  if (writer == nullptr) {
    return "either Nagle holds the second piece at the peer, or the peer is slow to write it";
  }
  return IsHeld(*writer) ? "the writer on this host is held by Nagle"
                         : "the writer on this host is slow to write the second piece";
}

Finding LateFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                    const ConnectionEvidence* writer) {
  Finding finding = AboutSign(evidence, connection, Sign::kAckPending, "ack_delayed_here");
  // A writer on this host was watched too: it has a finding of its own, or holds nothing back and
  // simply writes late.
  finding.severity = writer != nullptr ? Severity::kInfo : Severity::kWarning;
  finding.cost_us = 40 * kUsPerMs;
  if (connection.ack) Put(finding, "ato_ms", connection.ack->ato_ticks * 10);
  Put(finding, "ack_pending_looks", connection.Tally(Sign::kAckPending).looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "pingpong_looks", connection.Tally(Sign::kPingPong).looks);
  Put(finding, "delayed_acks", Moved(evidence, "DelayedACKs"));
  Put(finding, "segments_received", Grown(connection, &TcpInfo::data_segs_in));
  Put(finding, "segments_sent", Grown(connection, &TcpInfo::data_segs_out));
  finding.summary = Format(
      "the peer's messages come in pieces and our ACK of the first waits for its timer: {}; {}",
      LooksText(finding.share, connection.looks), LateBecause(writer));
  finding.advice =
      "the lasting fix is the peer's: one write a message, or TCP_NODELAY; here, TCP_DELACK_MAX_US "
      "(Linux 6.15) or TCP_QUICKACK after every read shorten the wait";
  finding.fix = LiveFix::kQuickAck;
  return finding;
}

// A cork is left open when it stays for longer than any pause between two writes of one message,
// a pacing gap (15 ms) or a busy host explain; the kernel opens it by itself after 200 ms.
constexpr std::int64_t kOpenCorkNs = 100'000'000;

bool IsCorked(const ConnectionEvidence& connection) {
  const SignTally& corked = connection.Tally(Sign::kCorked);
  if (corked.longest_ns < kOpenCorkNs || MayBePaced(connection)) return false;
  return Cork(connection) == std::optional(true) || connection.Tally(Sign::kPersistOpen).looks > 0;
}

/// Nothing but a cork or MSG_MORE leaves a segment unsent with nothing on the way, open windows and
/// the persist timer running.
bool CorkIsProven(const ConnectionEvidence& connection) {
  return Cork(connection) == std::optional(true) ||
         connection.Tally(Sign::kPersistOpen).looks * 2 >= connection.Tally(Sign::kCorked).looks;
}

std::int64_t CorkCostUs(const ConnectionEvidence& connection) {
  constexpr std::int64_t kShortestUs = 200 * kUsPerMs;
  const std::int64_t timer_us =
      std::max<std::int64_t>(kShortestUs, connection.last.tcp.rto.value_or(0));
  return std::min(timer_us, connection.Tally(Sign::kCorked).longest_ns / kNsPerUs);
}

Finding CorkFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = AboutSign(evidence, connection, Sign::kCorked, "corked");
  finding.severity = ByShare(finding.share);
  if (CorkIsProven(connection)) finding.confidence = Confidence::kConfirmed;
  finding.cost_us = CorkCostUs(connection);
  Put(finding, "corked_looks", connection.Tally(Sign::kCorked).looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "longest_ms", connection.Tally(Sign::kCorked).longest_ns / 1000000);
  Put(finding, "persist_looks", connection.Tally(Sign::kPersistOpen).looks);
  Put(finding, "notsent_bytes", connection.last.tcp.notsent_bytes);
  Put(finding, "unacked_segments", connection.last.tcp.unacked);
  Put(finding, "mss_bytes", connection.last.tcp.snd_mss);
  Put(finding, "cork", OnOff(Cork(connection)));
  finding.summary = Format(
      "the end of a message stays unsent with nothing on the way and open windows: {}, {} "
      "each until the kernel lets it go",
      LooksText(finding.share, connection.looks), MsText(finding.cost_us / kUsPerMs));
  finding.advice =
      "take TCP_CORK off (or send the last piece without MSG_MORE) at the end of every message";
  finding.fix = LiveFix::kUncork;
  return finding;
}

}  // namespace

Findings HeldByNagle(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsHeld(connection) && !LooksCorked(connection)) {
      found.push_back(NagleFinding(evidence, connection));
    }
  }
  return found;
}

Findings AckDelayedHere(const Evidence& evidence) {
  std::vector<const ConnectionEvidence*> late;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (MayAnswerLate(connection)) late.push_back(&connection);
  }
  if (late.empty() || !TimerFired(evidence, late)) return {};
  const Peers peers(evidence);
  Findings found;
  for (const auto* connection : late) {
    found.push_back(LateFinding(evidence, *connection, peers.Of(*connection)));
  }
  return found;
}

Findings Corked(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsCorked(connection)) found.push_back(CorkFinding(evidence, connection));
  }
  return found;
}

}  // namespace tunewire
