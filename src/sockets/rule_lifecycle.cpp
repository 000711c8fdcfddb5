// Connections that do not begin, and connections that do not end.
#include <algorithm>
#include <map>
#include <utility>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

/// Processes by index; sockets of processes that may not be seen, by their user.
using OwnerKey = std::pair<std::optional<std::size_t>, std::uint32_t>;
using Groups = std::map<OwnerKey, std::vector<const ConnectionEvidence*>>;

template <class Is>
Groups GroupedBy(const Evidence& evidence, Is is) {
  Groups groups;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (!is(connection)) continue;
    const std::uint32_t user = connection.owner ? 0 : connection.last.uid;
    groups[{connection.owner, user}].push_back(&connection);
  }
  return groups;
}

/// Since the last packet came: on a connection that the peer has closed, its FIN at the latest.
std::uint32_t SilentMs(const ConnectionEvidence& connection) {
  return connection.last.tcp.last_ack_recv.value_or(0);
}

const ConnectionEvidence& Oldest(const std::vector<const ConnectionEvidence*>& group) {
  return **std::max_element(group.begin(), group.end(), [](const auto* a, const auto* b) {
    return SilentMs(*a) < SilentMs(*b);
  });
}

// Programs close within milliseconds of reading the end; two seconds are no race any more.
constexpr std::uint32_t kStuckMs = 2000;
constexpr std::uint32_t kLongMs = 60'000;
// A client's pool keeps a few connections that the server has closed until it takes them next.
constexpr std::size_t kMoreThanAPool = 5;
constexpr std::size_t kMany = 100;

/// Closed by the peer, and nothing of ours on the way: not a peer that only ended its half.
bool IsLeft(const ConnectionEvidence& connection) {
  return connection.last.state == TcpState::kCloseWait && connection.last.inode != 0 &&
         SilentMs(connection) >= kStuckMs && connection.last.send_queue == 0 &&
         Grown(connection, &TcpInfo::bytes_sent) == 0;
}

Severity LeakSeverity(std::size_t count, std::uint32_t oldest_ms) {
  if (count < kMoreThanAPool) return Severity::kInfo;
  return count >= kMany || oldest_ms >= kLongMs ? Severity::kBad : Severity::kWarning;
}

std::uint64_t UnreadEnds(const std::vector<const ConnectionEvidence*>& group) {
  return static_cast<std::uint64_t>(std::count_if(
      group.begin(), group.end(), [](const auto* c) { return c->last.receive_queue > 0; }));
}

Finding LeakFinding(const Evidence& evidence, const std::vector<const ConnectionEvidence*>& group) {
  const ConnectionEvidence& oldest = Oldest(group);
  Finding finding = About(evidence, oldest, "close_wait_leak");
  finding.severity = LeakSeverity(group.size(), SilentMs(oldest));
  finding.confidence = Confidence::kConfirmed;
  finding.connections = static_cast<std::uint32_t>(group.size());
  Put(finding, "close_wait", group.size());
  Put(finding, "oldest_ms", SilentMs(oldest));
  Put(finding, "end_unread", UnreadEnds(group));
  finding.summary =
      Format("{} closed by the peer and not by this program, for up to {}; {}",
             group.size() == 1 ? "1 connection was" : Format("{} connections were", group.size()),
             MsText(SilentMs(oldest)),
             UnreadEnds(group) > 0 ? "it has not read the end of some"
                                   : "it has read the end and keeps the descriptors");
  finding.advice =
      "a bug in the program: it must close(2) what read(2) returned 0 on; each costs a descriptor, "
      "and no setting of the kernel ends them";
  return finding;
}

// The program has shut its half and keeps the descriptor: tcp_fin_timeout does not apply.
constexpr std::size_t kHalfShut = 10;

bool IsHalfShut(const ConnectionEvidence& connection) {
  return connection.last.state == TcpState::kFinWait2 && connection.last.inode != 0 &&
         SilentMs(connection) >= kLongMs;
}

Finding HalfShutFinding(const Evidence& evidence,
                        const std::vector<const ConnectionEvidence*>& group) {
  const ConnectionEvidence& oldest = Oldest(group);
  Finding finding = About(evidence, oldest, "fin_wait_pile");
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  finding.connections = static_cast<std::uint32_t>(group.size());
  Put(finding, "fin_wait_2", group.size());
  Put(finding, "oldest_ms", SilentMs(oldest));
  finding.summary =
      Format("{} connections are shut down for writing and never closed, for up to {}",
             group.size(), MsText(SilentMs(oldest)));
  finding.advice =
      "the program waits for peers that do not close: give that a deadline; tcp_fin_timeout only "
      "applies after close(2)";
  return finding;
}

// Of the whole namespace. A peer that answers takes a FIN in a round trip: hundreds at a time are
// peers that are gone.
constexpr std::uint64_t kUnacknowledged = 200;
// FIN-WAIT-2 lasts tcp_fin_timeout on every close that the peer does not follow.
constexpr std::uint64_t kUnfollowed = 1000;

Finding PileFinding(const Evidence& evidence, std::uint64_t unacknowledged,
                    std::uint64_t unfollowed) {
  Finding finding = AboutNamespace(evidence, "fin_wait_pile");
  finding.severity = Severity::kWarning;
  Put(finding, "fin_unacknowledged", unacknowledged);
  Put(finding, "fin_wait_2", unfollowed);
  Put(finding, "established", InState(evidence, TcpState::kEstablished));
  Put(finding, "tcp_fin_timeout_s", evidence.settings.fin_timeout);
  finding.summary = Format(
      "{} closed connections wait for the peer to acknowledge the end, {} for the peer to close "
      "too",
      unacknowledged, unfollowed);
  finding.advice =
      "peers vanish without closing, or do not close in answer: orphans end after "
      "net.ipv4.tcp_fin_timeout and net.ipv4.tcp_orphan_retries";
  return finding;
}

void AddPile(const Evidence& evidence, Findings& found) {
  const std::uint64_t unacknowledged = InState(evidence, TcpState::kFinWait1) +
                                       InState(evidence, TcpState::kLastAck) +
                                       InState(evidence, TcpState::kClosing);
  const std::uint64_t unfollowed = InState(evidence, TcpState::kFinWait2);
  const bool pile =
      unacknowledged >= kUnacknowledged ||
      (unfollowed >= kUnfollowed && unfollowed > InState(evidence, TcpState::kEstablished));
  if (pile) found.push_back(PileFinding(evidence, unacknowledged, unfollowed));
}

/// The first SYN is repeated after a second, and no healthy path takes that long.
bool IsUnanswered(const ConnectionEvidence& connection) {
  return connection.last.state == TcpState::kSynSent && connection.last.retransmits >= 1;
}

/// The server is on this host and its queue is full: that is the trouble, and has its own finding.
bool QueueHereIsFull(const Evidence& evidence, const ConnectionEvidence& connection) {
  if (!StaysOnHost(connection.last)) return false;
  const ListenerEvidence* listener = ListenerAt(evidence, connection.last.remote);
  return listener != nullptr && listener->full_looks > 0;
}

Finding UnansweredFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  const std::uint32_t tries = connection.last.retransmits;
  Finding finding = About(evidence, connection, "connect_unanswered");
  const bool here = QueueHereIsFull(evidence, connection);
  finding.severity = tries >= 3 ? Severity::kBad : Severity::kWarning;
  if (here) finding.severity = Severity::kInfo;
  finding.confidence = Confidence::kConfirmed;
  const std::int64_t waited_s = (std::int64_t{1} << std::min(tries, 16U)) - 1;
  finding.cost_us = waited_s * 1'000'000;
  Put(finding, "syn_retransmits", tries);
  Put(finding, "next_try_ms", connection.last.timer_ms);
  finding.summary = Format("connect(2) to {} gets no answer: {} sent again{}",
                           connection.last.remote.Text(), CountText(tries, "SYN"),
                           here ? "; the accept queue of that port on this host is full" : "");
  finding.advice =
      "a filter that drops without a word, a dead address, or the peer's full accept queue; a "
      "refused port would answer at once";
  return finding;
}

}  // namespace

Findings CloseWaitLeak(const Evidence& evidence) {
  Findings found;
  for (const auto& [key, group] : GroupedBy(evidence, IsLeft)) {
    const bool worth = group.size() >= kMoreThanAPool || SilentMs(Oldest(group)) >= kLongMs;
    if (worth) found.push_back(LeakFinding(evidence, group));
  }
  return found;
}

Findings FinWaitPile(const Evidence& evidence) {
  Findings found;
  for (const auto& [key, group] : GroupedBy(evidence, IsHalfShut)) {
    if (group.size() >= kHalfShut) found.push_back(HalfShutFinding(evidence, group));
  }
  AddPile(evidence, found);
  return found;
}

Findings ConnectUnanswered(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsUnanswered(connection)) found.push_back(UnansweredFinding(evidence, connection));
  }
  return found;
}

}  // namespace tunewire
