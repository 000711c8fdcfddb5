// What a sender would send and may not: the peer's window, its own buffer, a pacing rate.
#include <algorithm>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// A bulk receiver closes its window for microseconds while it copies. For 200 ms, the first window
// probe, nobody has read.
constexpr std::int64_t kClosedMs = 200;

bool WindowIsShut(const ConnectionEvidence& connection) {
  return connection.Tally(Sign::kPeerWindowZero).longest_ns >= kClosedMs * kNsPerMs &&
         connection.trends.blocked_max_ms >= kClosedMs;
}

/// A busy host stops a healthy reader for a while as well; for half of the watch it does not.
constexpr double kMostly = 0.5;

/// sk_stream_is_writeable(): a writer that found the buffer full is woken, and poll(2) says
/// POLLOUT, only when a third of it is free again.
bool WaitsForRoom(const SocketInfo& socket) {
  if (!socket.memory || socket.tcp.snd_wnd.value_or(0) != 0) return false;
  const std::uint64_t queued = socket.memory->wmem_queued;
  return queued * 3 > std::uint64_t{socket.memory->sndbuf} * 2;
}

bool WriterSleeps(const ConnectionEvidence& connection) {
  return ShareOf(connection, Sign::kSendBufferFull) >= kMostly || WaitsForRoom(connection.last);
}

Severity ShutSeverity(const ConnectionEvidence& connection) {
  if (ShareOf(connection, Sign::kPeerWindowZero) < kMostly) return Severity::kInfo;
  const bool long_time = connection.Tally(Sign::kPeerWindowZero).longest_ns >= kNsPerSecond;
  return long_time ? Severity::kBad : Severity::kWarning;
}

Finding ShutFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                    std::string_view rule) {
  Finding finding = AboutSign(evidence, connection, Sign::kPeerWindowZero, rule);
  const SignTally& zero = connection.Tally(Sign::kPeerWindowZero);
  finding.severity = ShutSeverity(connection);
  finding.confidence = Confidence::kConfirmed;
  finding.cost_us = zero.longest_ns / 1000;
  Put(finding, "window_zero_looks", zero.looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "window_zero_longest_ms", zero.longest_ns / kNsPerMs);
  Put(finding, "nothing_sent_ms", connection.trends.blocked_max_ms);
  Put(finding, "notsent_bytes", connection.last.tcp.notsent_bytes);
  Put(finding, "send_queue_bytes", connection.last.send_queue);
  if (connection.last.memory) Put(finding, "send_buffer_bytes", connection.last.memory->sndbuf);
  Put(finding, "window_probes", connection.last.tcp.probes);
  return finding;
}

Finding ZeroFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = ShutFinding(evidence, connection, "peer_window_zero");
  finding.summary = Format("the peer's receive window is closed: {}, {} at a time, {} wait",
                           LooksText(finding.share, connection.looks),
                           NsText(connection.Tally(Sign::kPeerWindowZero).longest_ns),
                           FormatBytes(connection.send_queue_max));
  finding.advice =
      "the program at the other end does not read: look there (its Recv-Q is full), not at this "
      "host's buffers";
  return finding;
}

Finding BlockedFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = ShutFinding(evidence, connection, "writer_blocked");
  finding.summary = Format(
      "the send buffer is full ({}) and the peer's window closed: write(2) has no room, {}, {} at "
      "a time",
      FormatBytes(connection.send_queue_max), LooksText(finding.share, connection.looks),
      NsText(connection.Tally(Sign::kPeerWindowZero).longest_ns));
  finding.advice =
      "the program at the other end does not read: fix it there; here, give writes a deadline "
      "(TCP_USER_TIMEOUT, SO_SNDTIMEO) or drop clients this slow, so that they cannot hold workers";
  return finding;
}

// Shares of the time in which the connection had something to send (busy_time).
struct BusyShare {
  double share = 0;
  std::uint64_t limited_us = 0, busy_us = 0;
};

BusyShare Limited(const ConnectionEvidence& connection,
                  std::optional<std::uint64_t> TcpInfo::*field) {
  BusyShare limited{.limited_us = Grown(connection, field),
                    .busy_us = Grown(connection, &TcpInfo::busy_time)};
  // Below 200 ms there is no rate to speak of.
  constexpr std::uint64_t kEnoughUs = 200'000;
  if (limited.busy_us >= kEnoughUs) {
    limited.share = static_cast<double>(limited.limited_us) / static_cast<double>(limited.busy_us);
  }
  return limited;
}

void PutLimited(Finding& finding, const BusyShare& limited, std::string_view name) {
  Put(finding, name, limited.limited_us / 1000);
  Put(finding, "busy_ms", limited.busy_us / 1000);
}

/// Between machines: there a window or buffer below rate times round trip really is the limit. On
/// one host the slower program is, with whatever buffer.
bool HasDistance(const ConnectionEvidence& connection) {
  constexpr std::uint32_t kFarUs = 2000;
  return connection.last.tcp.min_rtt.value_or(0) >= kFarUs;
}

constexpr std::uint32_t kUnscaledWindow = 65535;

/// A reader that is slow closes its window again and again; one whose buffer is small keeps it
/// open, and full.
bool WindowIsSmall(const ConnectionEvidence& connection) {
  constexpr double kSeldom = 0.1;
  if (ShareOf(connection, Sign::kPeerWindowZero) >= kSeldom) return false;
  if (ShareOf(connection, Sign::kPeerWindowFull) < kMostly && !HasDistance(connection))
    return false;
  const std::uint32_t window = connection.trends.send_window_max;
  return window > 0 && (window <= kUnscaledWindow || HasDistance(connection));
}

/// What this window lets through in a second.
std::uint64_t WindowRate(const ConnectionEvidence& connection) {
  const std::uint64_t rtt_us = connection.last.tcp.min_rtt.value_or(0);
  return rtt_us == 0 ? 0 : connection.trends.send_window_max * std::uint64_t{1000000} / rtt_us;
}

Finding WindowFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                      const BusyShare& limited) {
  Finding finding = About(evidence, connection, "receive_window_limited");
  finding.share = limited.share;
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  PutLimited(finding, limited, "rwnd_limited_ms");
  Put(finding, "send_window_max_bytes", connection.trends.send_window_max);
  Put(finding, "window_full_looks", connection.Tally(Sign::kPeerWindowFull).looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "min_rtt_us", connection.last.tcp.min_rtt);
  Put(finding, "window_allows_bytes_per_s", WindowRate(connection));
  finding.summary = Format(
      "the peer's receive window, {} at most, limits the transfer for {} of the time it has data",
      FormatBytes(connection.trends.send_window_max), PercentText(limited.share));
  finding.advice =
      "at the other end: let the kernel size the buffer (no SO_RCVBUF), and raise "
      "net.ipv4.tcp_rmem's "
      "maximum where it already does; net.ipv4.tcp_window_scaling must be 1 at both ends";
  return finding;
}

bool BufferIsSet(const ConnectionEvidence& connection, const NetworkSettings& settings) {
  if (connection.options && connection.options->sndbuf_locked) {
    return *connection.options->sndbuf_locked;
  }
  // The kernel begins with the middle value of tcp_wmem and only grows it.
  return connection.last.memory && settings.tcp_wmem &&
         connection.last.memory->sndbuf < (*settings.tcp_wmem)[1];
}

bool BufferIsAtMaximum(const ConnectionEvidence& connection, const NetworkSettings& settings) {
  return connection.last.memory && settings.tcp_wmem &&
         connection.last.memory->sndbuf >= (*settings.tcp_wmem)[2];
}

/// The kernel's counter misses a buffer of less than one segment. Full, with nothing unsent in it:
/// then neither a window nor cwnd is what holds the program.
double FullAlone(const ConnectionEvidence& connection) {
  const std::uint32_t full = connection.Tally(Sign::kSendBufferFull).looks;
  const std::uint32_t others = connection.Tally(Sign::kPeerWindowZero).looks +
                               connection.Tally(Sign::kPeerWindowFull).looks +
                               connection.Tally(Sign::kCwndFull).looks;
  if (full <= others) return 0;
  return static_cast<double>(full - others) / connection.looks;
}

Finding BufferFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                      const BusyShare& limited) {
  Finding finding = About(evidence, connection, "send_buffer_limited");
  const bool set = BufferIsSet(connection, evidence.settings);
  const bool counted = limited.share > 0;
  finding.share = counted ? limited.share : FullAlone(connection);
  finding.severity = Severity::kWarning;
  if (counted) finding.confidence = Confidence::kConfirmed;
  PutLimited(finding, limited, "sndbuf_limited_ms");
  Put(finding, "send_buffer_full_looks", connection.Tally(Sign::kSendBufferFull).looks);
  Put(finding, "looks", connection.looks);
  if (connection.last.memory) Put(finding, "send_buffer_bytes", connection.last.memory->sndbuf);
  Put(finding, "send_queue_max_bytes", connection.send_queue_max);
  Put(finding, "cwnd_segments", connection.last.tcp.snd_cwnd);
  Put(finding, "min_rtt_us", connection.last.tcp.min_rtt);
  finding.summary = Format(
      "the send buffer{} is smaller than what could be on the way: the program waits for room in "
      "it "
      "for {} of the time it has data",
      connection.last.memory ? Format(" of {}", FormatBytes(connection.last.memory->sndbuf)) : "",
      PercentText(finding.share));
  finding.advice =
      set ? "take SO_SNDBUF out of the program: the kernel then grows the buffer itself"
          : "raise the third value of net.ipv4.tcp_wmem";
  return finding;
}

/// Bulk on one host with buffers the kernel sizes is limited by them now and then, and does well.
bool BufferLimits(const NetworkSettings& settings, const ConnectionEvidence& connection,
                  const BusyShare& limited) {
  constexpr double kMuch = 0.3;
  if (BufferIsSet(connection, settings)) {
    const bool sends = Grown(connection, &TcpInfo::bytes_acked) > 0;
    return limited.share >= kMuch || (sends && FullAlone(connection) >= kMostly);
  }
  return limited.share >= kMuch && BufferIsAtMaximum(connection, settings) &&
         HasDistance(connection);
}

Finding PacingFinding(const Evidence& evidence, const ConnectionEvidence& connection, double rate) {
  Finding finding = About(evidence, connection, "pacing_limited");
  finding.severity = Severity::kInfo;
  Put(finding, "max_pacing_rate_bytes_per_s", connection.last.tcp.max_pacing_rate);
  Put(finding, "sent_bytes_per_s", rate);
  finding.summary = Format("sends at {} a second, the rate that SO_MAX_PACING_RATE allows it",
                           FormatBytes(static_cast<std::uint64_t>(rate)));
  finding.advice = "raise or drop SO_MAX_PACING_RATE if the connection should be faster";
  return finding;
}

}  // namespace

Findings PeerWindowZero(const Evidence& evidence) {
  return Each(
      evidence, [](const auto& c) { return WindowIsShut(c) && !WriterSleeps(c); }, ZeroFinding);
}

Findings WriterBlocked(const Evidence& evidence) {
  return Each(
      evidence, [](const auto& c) { return WindowIsShut(c) && WriterSleeps(c); }, BlockedFinding);
}

Findings ReceiveWindowLimited(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const BusyShare limited = Limited(connection, &TcpInfo::rwnd_limited);
    if (limited.share < kMostly || WindowIsShut(connection) || !WindowIsSmall(connection)) continue;
    found.push_back(WindowFinding(evidence, connection, limited));
  }
  return found;
}

Findings SendBufferLimited(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const BusyShare limited = Limited(connection, &TcpInfo::sndbuf_limited);
    if (BufferLimits(evidence.settings, connection, limited)) {
      found.push_back(BufferFinding(evidence, connection, limited));
    }
  }
  return found;
}

Findings PacingLimited(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const auto limit = connection.last.tcp.max_pacing_rate;
    const double seconds = WatchedSeconds(connection);
    if (!limit || *limit == 0 || seconds < 1) continue;
    const double rate = static_cast<double>(Grown(connection, &TcpInfo::bytes_acked)) / seconds;
    if (rate < 0.8 * static_cast<double>(*limit)) continue;
    found.push_back(PacingFinding(evidence, connection, rate));
  }
  return found;
}

}  // namespace tunewire
