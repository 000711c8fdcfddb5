// Idle connections that are about to be cut: by unanswered keep-alive probes, or by something on
// the way that forgets them.
#include <algorithm>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

constexpr std::uint8_t kUnanswered = 2;  // one can be lost

std::uint32_t ProbesAllowed(const Evidence& evidence, const ConnectionEvidence& connection) {
  constexpr std::uint32_t kKernelDefault = 9;
  if (connection.options && connection.options->keepalive_count) {
    return *connection.options->keepalive_count;
  }
  return evidence.settings.keepalive_probes.value_or(kKernelDefault);
}

std::uint8_t ProbesSent(const ConnectionEvidence& connection) {
  return std::max(connection.last.retransmits, connection.last.tcp.probes.value_or(0));
}

bool IsProbing(const ConnectionEvidence& connection) {
  return connection.last.timer == SocketTimer::kKeepAlive && ProbesSent(connection) >= kUnanswered;
}

Finding ProbingFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = About(evidence, connection, "keepalive_unanswered");
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  const std::uint32_t allowed = ProbesAllowed(evidence, connection);
  Put(finding, "probes_unanswered", ProbesSent(connection));
  Put(finding, "probes_allowed", allowed);
  Put(finding, "next_probe_ms", connection.last.timer_ms);
  Put(finding, "last_ack_received_ms", connection.last.tcp.last_ack_recv);
  finding.summary = Format(
      "{} of {} keep-alive probes in a row are unanswered, last sign of the peer {} ago: the "
      "connection is about to be given up",
      ProbesSent(connection), allowed, MsText(connection.last.tcp.last_ack_recv.value_or(0)));
  finding.advice =
      "the peer is gone, or something on the way has forgotten the connection (NAT, a firewall, a "
      "load balancer): probe more often than it forgets (TCP_KEEPIDLE)";
  return finding;
}

// What common middle boxes forget idle connections after: 240 s (Azure's load balancer), 300 s
// (many NATs), 350 s (AWS). The first is the one to be safe from.
constexpr std::uint32_t kForgottenMs = 240'000;

/// Since anything went over the wire, keep-alive probes of either side included.
std::uint32_t IdleMs(const ConnectionEvidence& connection) {
  const TcpInfo& tcp = connection.last.tcp;
  return std::min({tcp.last_data_sent.value_or(0), tcp.last_data_recv.value_or(0),
                   tcp.last_ack_recv.value_or(0)});
}

/// When the idle connection speaks again by itself: since it fell silent. Nothing: never.
std::optional<std::uint64_t> NextProbeMs(const ConnectionEvidence& connection) {
  if (connection.last.timer != SocketTimer::kKeepAlive) return std::nullopt;
  return std::uint64_t{IdleMs(connection)} + connection.last.timer_ms;
}

bool IsExposed(const ConnectionEvidence& connection) {
  if (!IsEstablished(connection) || connection.last.inode == 0 || StaysOnHost(connection.last)) {
    return false;
  }
  const auto next_ms = NextProbeMs(connection);
  return IdleMs(connection) >= kForgottenMs && (!next_ms || *next_ms > kForgottenMs);
}

/// This host's own connection tracking is about to forget it.
bool TrackingForgets(const Evidence& evidence, const ConnectionEvidence& connection) {
  const auto& limit_s = evidence.settings.conntrack_established_s;
  if (!limit_s) return false;
  const std::uint64_t limit_ms = std::uint64_t{*limit_s} * 1000;
  const auto next_ms = NextProbeMs(connection);
  return std::uint64_t{IdleMs(connection)} * 10 >= limit_ms * 8 &&
         (!next_ms || *next_ms > limit_ms);
}

Finding IdleFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = About(evidence, connection, "idle_cut");
  const bool tracked = TrackingForgets(evidence, connection);
  finding.severity = tracked ? Severity::kWarning : Severity::kInfo;
  const auto next_ms = NextProbeMs(connection);
  Put(finding, "idle_ms", IdleMs(connection));
  Put(finding, "keepalive", std::string(next_ms ? "on" : "off"));
  if (next_ms) Put(finding, "next_probe_after_ms", *next_ms);
  Put(finding, "conntrack_established_s", evidence.settings.conntrack_established_s);
  finding.summary =
      Format("idle for {}, {}: {}", MsText(IdleMs(connection)),
             next_ms ? Format("and the next keep-alive probe comes after {}",
                              MsText(static_cast<std::int64_t>(*next_ms)))
                     : "without keep-alive",
             tracked ? Format("this host's connection tracking forgets it after {} s",
                              *evidence.settings.conntrack_established_s)
                     : "many NATs and load balancers forget connections after 240 to 350 s");
  finding.advice =
      "SO_KEEPALIVE with TCP_KEEPIDLE below 240 s, or close idle connections earlier than the way "
      "forgets them";
  return finding;
}

}  // namespace

Findings KeepaliveUnanswered(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsProbing(connection)) found.push_back(ProbingFinding(evidence, connection));
  }
  return found;
}

Findings IdleCut(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (IsProbing(connection)) continue;
    const bool forgets = IsEstablished(connection) && !StaysOnHost(connection.last) &&
                         TrackingForgets(evidence, connection);
    if (forgets || IsExposed(connection)) found.push_back(IdleFinding(evidence, connection));
  }
  return found;
}

}  // namespace tunewire
