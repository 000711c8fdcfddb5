// What has come and is not taken: programs that do not read, and buffers too small to read from.
#include <algorithm>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// What the program took between the first and the last look.
std::int64_t BytesRead(const ConnectionEvidence& connection) {
  const auto came = static_cast<std::int64_t>(Grown(connection, &TcpInfo::bytes_received));
  return came + connection.first.receive_queue - connection.last.receive_queue;
}

// A worker that is busy with another request comes back within a second, or its clients notice.
constexpr std::int64_t kUnreadNs = kNsPerSecond;

bool IsUnread(const ConnectionEvidence& connection) {
  // Without a descriptor it waits in an accept queue, which has rules of its own.
  return IsEstablished(connection) && connection.last.inode != 0 &&
         WatchedNs(connection) >= kUnreadNs && connection.looks > 1 &&
         connection.Tally(Sign::kReaderBehind).looks == connection.looks &&
         connection.first.receive_queue > 0 && BytesRead(connection) <= 0;
}

bool Grew(const ConnectionEvidence& connection) {
  return connection.last.receive_queue > connection.first.receive_queue;
}

/// The peer cannot send any more.
bool IsFull(const ConnectionEvidence& connection) {
  return connection.Tally(Sign::kOwnWindowZero).looks > 0 || connection.last.tcp.rcv_wnd == 0U;
}

Severity UnreadSeverity(const ConnectionEvidence& connection) {
  if (IsFull(connection)) return Severity::kBad;
  if (Grew(connection)) return Severity::kWarning;
  // A few bytes left lying for minutes (a pool's connection that its server said goodbye on) hurt
  // nobody; what came just now is somebody's request.
  constexpr std::uint32_t kLongAgoMs = 60'000;
  const bool recent = connection.last.tcp.last_data_recv.value_or(kLongAgoMs) < kLongAgoMs;
  return recent ? Severity::kWarning : Severity::kInfo;
}

void PutQueue(Finding& finding, const ConnectionEvidence& connection) {
  Put(finding, "receive_queue_bytes", connection.last.receive_queue);
  Put(finding, "receive_queue_before_bytes", connection.first.receive_queue);
  Put(finding, "read_bytes", std::max<std::int64_t>(0, BytesRead(connection)));
  if (connection.last.memory) Put(finding, "receive_buffer_bytes", connection.last.memory->rcvbuf);
  Put(finding, "own_window_bytes", connection.last.tcp.rcv_wnd);
  Put(finding, "own_window_zero_looks", connection.Tally(Sign::kOwnWindowZero).looks);
  Put(finding, "looks", connection.looks);
  Put(finding, "last_data_received_ms", connection.last.tcp.last_data_recv);
}

Finding UnreadFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = AboutSign(evidence, connection, Sign::kReaderBehind, "reader_not_reading");
  finding.severity = UnreadSeverity(connection);
  finding.confidence = Confidence::kConfirmed;
  finding.cost_us = WatchedNs(connection) / 1000;
  PutQueue(finding, connection);
  finding.summary =
      Format("{} lie unread, and the program read nothing for {}{}",
             FormatBytes(connection.last.receive_queue), NsText(WatchedNs(connection)),
             IsFull(connection) ? "; the window is closed, the peer cannot send"
                                : (Grew(connection) ? "; more keeps coming" : ""));
  finding.advice =
      "see what the program is doing (its threads may wait for a lock, a disk or another peer); no "
      "buffer size helps a reader that does not read";
  return finding;
}

// A bulk reader's window closes for single looks while it copies, and once for longer on a busy
// host; not for half of the watch.
constexpr std::int64_t kClosedNs = 200 * kNsPerMs;
constexpr double kMostly = 0.5;

bool IsSlow(const ConnectionEvidence& connection) {
  return !IsUnread(connection) && IsEstablished(connection) && connection.last.inode != 0 &&
         connection.Tally(Sign::kOwnWindowZero).longest_ns >= kClosedNs &&
         ShareOf(connection, Sign::kOwnWindowZero) >= kMostly;
}

Finding SlowFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = AboutSign(evidence, connection, Sign::kOwnWindowZero, "reader_slow");
  const SignTally& zero = connection.Tally(Sign::kOwnWindowZero);
  finding.severity = Severity::kWarning;
  finding.cost_us = zero.longest_ns / 1000;
  PutQueue(finding, connection);
  Put(finding, "own_window_zero_longest_ms", zero.longest_ns / kNsPerMs);
  finding.summary = Format(
      "the program reads slower than the peer sends: our window was closed in {}, up to {} at a "
      "time",
      LooksText(finding.share, connection.looks), NsText(zero.longest_ns));
  finding.advice =
      "the reader is the limit: read from more threads, or do less between two reads; a larger "
      "buffer only hides it for a while";
  return finding;
}

// A receive buffer that is too small for what comes.
bool IsSet(const ConnectionEvidence& connection, const NetworkSettings& settings) {
  if (connection.options && connection.options->rcvbuf_locked) {
    return *connection.options->rcvbuf_locked;
  }
  // The kernel begins with the middle value of tcp_rmem and only grows it.
  return settings.tcp_rmem && connection.last.memory->rcvbuf < (*settings.tcp_rmem)[1];
}

bool IsAtMaximum(const ConnectionEvidence& connection, const NetworkSettings& settings) {
  return settings.tcp_rmem && connection.last.memory->rcvbuf >= (*settings.tcp_rmem)[2];
}

/// About half of a buffer is bookkeeping; the window says more where the kernel tells it.
std::uint64_t Window(const ConnectionEvidence& connection) {
  const std::uint64_t half = connection.last.memory->rcvbuf / 2;
  return std::max<std::uint64_t>(
      {half, connection.first.tcp.rcv_wnd.value_or(0), connection.last.tcp.rcv_wnd.value_or(0)});
}

/// What came in one round trip fills half of the window: it cannot go much faster. Only over a
/// distance: on one host the programs' speed is the limit.
bool FillsWindow(const ConnectionEvidence& connection) {
  constexpr std::uint32_t kFarUs = 2000;
  const std::uint32_t rtt_us = connection.last.tcp.min_rtt.value_or(0);
  const double seconds = WatchedSeconds(connection);
  if (rtt_us < kFarUs || seconds < 1) return false;
  const double rate = static_cast<double>(Grown(connection, &TcpInfo::bytes_received)) / seconds;
  return rate * rtt_us / 1e6 * 2 >= static_cast<double>(Window(connection));
}

bool SenderIsLimited(const ConnectionEvidence* sender) {
  if (sender == nullptr) return false;
  constexpr std::uint64_t kEnoughUs = 200'000;
  const std::uint64_t busy = Grown(*sender, &TcpInfo::busy_time);
  return busy >= kEnoughUs && Grown(*sender, &TcpInfo::rwnd_limited) * 2 >= busy;
}

bool Flows(const ConnectionEvidence& connection) {
  return IsEstablished(connection) && connection.last.memory && BytesRead(connection) > 0 &&
         Grown(connection, &TcpInfo::bytes_received) >=
             std::uint64_t{4} * connection.last.memory->rcvbuf;
}

struct SmallBuffer {
  bool set = false, fills = false, sender_limited = false;
};

std::optional<SmallBuffer> SmallFor(const Evidence& evidence, const ConnectionEvidence& connection,
                                    const Peers& peers) {
  SmallBuffer small{.set = IsSet(connection, evidence.settings),
                    .fills = FillsWindow(connection),
                    .sender_limited = SenderIsLimited(peers.Of(connection))};
  const bool closes = ShareOf(connection, Sign::kOwnWindowZero) >= 0.25;
  if (small.set && (small.fills || small.sender_limited || closes)) return small;
  if (small.fills && IsAtMaximum(connection, evidence.settings)) return small;
  return std::nullopt;
}

Finding SmallFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                     const SmallBuffer& small) {
  Finding finding = About(evidence, connection, "small_receive_buffer");
  const double seconds = WatchedSeconds(connection);
  const auto came = static_cast<double>(Grown(connection, &TcpInfo::bytes_received));
  finding.severity = Severity::kWarning;
  if (small.sender_limited) finding.confidence = Confidence::kConfirmed;
  PutQueue(finding, connection);
  Put(finding, "min_rtt_us", connection.last.tcp.min_rtt);
  Put(finding, "received_bytes_per_s", seconds > 0 ? came / seconds : 0);
  finding.summary =
      Format("a receive buffer of {}{} limits what comes to {} a second",
             FormatBytes(connection.last.memory->rcvbuf), small.set ? ", set by the program," : "",
             FormatBytes(static_cast<std::uint64_t>(seconds > 0 ? came / seconds : 0)));
  finding.advice =
      small.set ? "take SO_RCVBUF out of the program: the kernel then grows the buffer itself"
                : "raise the third value of net.ipv4.tcp_rmem";
  return finding;
}

}  // namespace

Findings ReaderNotReading(const Evidence& evidence) {
  return Each(evidence, IsUnread, UnreadFinding);
}

Findings ReaderSlow(const Evidence& evidence) { return Each(evidence, IsSlow, SlowFinding); }

Findings SmallReceiveBuffer(const Evidence& evidence) {
  const auto& all = evidence.connections;
  if (std::none_of(all.begin(), all.end(), Flows)) return {};
  const Peers peers(evidence);
  Findings found;
  for (const ConnectionEvidence& connection : all) {
    if (!Flows(connection) || IsSlow(connection)) continue;
    const auto small = SmallFor(evidence, connection, peers);
    if (small) found.push_back(SmallFinding(evidence, connection, *small));
  }
  return found;
}

}  // namespace tunewire
