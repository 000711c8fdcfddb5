// Connections on their way in: the accept queue, and handshakes that are not complete.
#include <algorithm>
#include <map>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

std::uint32_t BacklogOf(const ListenerEvidence& listener) { return listener.last.send_queue; }

std::uint64_t DropsOf(const ListenerEvidence& listener) {
  if (!listener.first.memory || !listener.last.memory) return 0;
  return listener.last.memory->drops - listener.first.memory->drops;
}

bool IsCapped(const Evidence& evidence, const ListenerEvidence& listener) {
  return evidence.settings.somaxconn && BacklogOf(listener) >= *evidence.settings.somaxconn;
}

/// Whose limit the backlog is.
std::string BacklogAdvice(const Evidence& evidence, const ListenerEvidence& listener) {
  if (IsCapped(evidence, listener)) {
    return Format(
        "the backlog is net.core.somaxconn's {}: raise it, see that the program asks "
        "listen(2) for as much, and restart the program (a backlog is read at listen(2))",
        *evidence.settings.somaxconn);
  }
  const auto& allowed = evidence.settings.somaxconn;
  return Format("the program accepts too slowly, or asks listen(2) for a backlog of only {}{}",
                BacklogOf(listener),
                allowed ? Format("; net.core.somaxconn allows {}", *allowed) : "");
}

void PutQueue(Finding& finding, const Evidence& evidence, const ListenerEvidence& listener) {
  Put(finding, "accept_queue", listener.last.receive_queue);
  Put(finding, "accept_queue_max", listener.queue_max);
  Put(finding, "backlog", BacklogOf(listener));
  Put(finding, "somaxconn", evidence.settings.somaxconn);
  Put(finding, "full_looks", listener.full_looks);
  Put(finding, "looks", listener.looks);
  Put(finding, "listener_drops", DropsOf(listener));
  Put(finding, "listen_overflows", Moved(evidence, "ListenOverflows"));
  Put(finding, "listen_drops", Moved(evidence, "ListenDrops"));
}

// A burst of new clients fills a queue for one look; three mean that nobody comes to accept.
constexpr std::uint32_t kFullLooks = 3;
constexpr double kFullShare = 0.1;

double FullShare(const ListenerEvidence& listener) {
  return listener.looks == 0 ? 0 : static_cast<double>(listener.full_looks) / listener.looks;
}

bool IsFull(const ListenerEvidence& listener) {
  return listener.full_looks >= kFullLooks && FullShare(listener) >= kFullShare;
}

Finding FullFinding(const Evidence& evidence, const ListenerEvidence& listener) {
  Finding finding = About(evidence, listener, "accept_queue_full");
  finding.severity = Severity::kBad;
  finding.confidence = Confidence::kConfirmed;
  finding.share = FullShare(listener);
  PutQueue(finding, evidence, listener);
  finding.summary =
      Format("the accept queue is full: {} wait, the backlog is {}, {}; new clients hang or retry",
             listener.queue_max, BacklogOf(listener), LooksText(finding.share, listener.looks));
  finding.advice = BacklogAdvice(evidence, listener);
  return finding;
}

Finding OverflowFinding(const Evidence& evidence, const ListenerEvidence& listener) {
  Finding finding = About(evidence, listener, "accept_queue_overflow");
  finding.severity = Severity::kBad;
  // Drops have other reasons too; a queue that was seen full leaves no doubt.
  if (listener.queue_max >= BacklogOf(listener)) finding.confidence = Confidence::kConfirmed;
  // A client whose handshake was thrown away tries again after its first timeout.
  finding.cost_us = 1'000'000;
  PutQueue(finding, evidence, listener);
  finding.summary =
      Format("{} were thrown away in {} because the accept queue was full (backlog {})",
             CountText(DropsOf(listener), "connection attempt"), NsText(evidence.span_ns),
             BacklogOf(listener));
  finding.advice = BacklogAdvice(evidence, listener);
  return finding;
}

/// The namespace counted, and no listener that still is there did.
Finding OverflowSomewhere(const Evidence& evidence, std::int64_t overflows) {
  Finding finding = AboutNamespace(evidence, "accept_queue_overflow");
  finding.severity = Severity::kWarning;
  Put(finding, "listen_overflows", overflows);
  Put(finding, "listen_drops", Moved(evidence, "ListenDrops"));
  Put(finding, "somaxconn", evidence.settings.somaxconn);
  finding.summary =
      Format("accept queues overflowed {} in {} (ListenOverflows)",
             CountText(static_cast<std::uint64_t>(overflows), "time"), NsText(evidence.span_ns));
  finding.advice = "see tunewire sockets --listeners for queues and backlogs";
  return finding;
}

// Half-open connections.
struct Pressure {
  std::int64_t cookies = 0, full_cookies = 0, full_drops = 0;
  std::uint64_t half_open = 0;

  [[nodiscard]] bool Any() const { return cookies + full_cookies + full_drops > 0; }
};

Pressure PressureOf(const Evidence& evidence) {
  // With tcp_syncookies=2 every SYN gets one: no sign of anything.
  const bool always = evidence.settings.syncookies == 2U;
  return {.cookies = always ? 0 : Moved(evidence, "SyncookiesSent"),
          .full_cookies = Moved(evidence, "TCPReqQFullDoCookies"),
          .full_drops = Moved(evidence, "TCPReqQFullDrop"),
          .half_open = InState(evidence, TcpState::kSynReceived) +
                       InState(evidence, TcpState::kNewSynReceived)};
}

void PutPressure(Finding& finding, const Evidence& evidence, const Pressure& pressure) {
  Put(finding, "syn_received", pressure.half_open);
  Put(finding, "syncookies_sent", pressure.cookies);
  Put(finding, "request_queue_full_cookies", pressure.full_cookies);
  Put(finding, "request_queue_full_drops", pressure.full_drops);
  Put(finding, "tcp_max_syn_backlog", evidence.settings.max_syn_backlog);
  Put(finding, "tcp_syncookies", evidence.settings.syncookies);
}

/// The queue of half-open connections is bounded by the listener's backlog.
const ListenerEvidence* MostHalfOpen(const Evidence& evidence, std::uint64_t& count) {
  std::map<const ListenerEvidence*, std::uint64_t> counts;
  for (const ConnectionEvidence& connection : evidence.connections) {
    const TcpState state = connection.last.state;
    if (state != TcpState::kSynReceived && state != TcpState::kNewSynReceived) continue;
    ++counts[ListenerOf(evidence, connection)];
  }
  counts.erase(nullptr);
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == counts.end()) return nullptr;
  count = most->second;
  return most->first;
}

bool IsNearlyFull(std::uint64_t half_open, const ListenerEvidence& listener) {
  // Handshakes under way are many only where many arrive: a floor for small backlogs.
  constexpr std::uint64_t kFew = 16;
  return half_open >= kFew && half_open * 4 >= std::uint64_t{BacklogOf(listener)} * 3;
}

std::string PressureSummary(const Pressure& pressure, const Evidence& evidence) {
  if (pressure.full_drops > 0) {
    return Format(
        "{} were dropped in {}: the queue of half-open connections is full and cookies "
        "are off",
        CountText(static_cast<std::uint64_t>(pressure.full_drops), "SYN"),
        NsText(evidence.span_ns));
  }
  if (pressure.Any()) {
    return Format(
        "the queue of half-open connections is full: {} answered with a cookie in {}",
        CountText(static_cast<std::uint64_t>(std::max(pressure.cookies, pressure.full_cookies)),
                  "SYN"),
        NsText(evidence.span_ns));
  }
  return Format(
      "{} half-open connections wait for the last step of their handshake, close to the "
      "limit",
      pressure.half_open);
}

Finding PressureFinding(const Evidence& evidence, const Pressure& pressure,
                        const ListenerEvidence* listener) {
  Finding finding = listener != nullptr ? About(evidence, *listener, "syn_backlog")
                                        : AboutNamespace(evidence, "syn_backlog");
  finding.severity = pressure.full_drops > 0 ? Severity::kBad : Severity::kWarning;
  if (pressure.Any()) finding.confidence = Confidence::kConfirmed;
  PutPressure(finding, evidence, pressure);
  if (listener != nullptr) Put(finding, "backlog", BacklogOf(*listener));
  finding.summary = PressureSummary(pressure, evidence);
  finding.advice =
      "a larger listen(2) backlog (with net.core.somaxconn and net.ipv4.tcp_max_syn_backlog) if "
      "these are clients; filtering in front of the host if they are a flood; leave "
      "net.ipv4.tcp_syncookies at 1";
  return finding;
}

}  // namespace

Findings AcceptQueueFull(const Evidence& evidence) {
  Findings found;
  for (const ListenerEvidence& listener : evidence.listeners) {
    if (IsFull(listener)) found.push_back(FullFinding(evidence, listener));
  }
  return found;
}

Findings AcceptQueueOverflow(const Evidence& evidence) {
  const std::int64_t overflows = Moved(evidence, "ListenOverflows");
  if (overflows <= 0) return {};
  Findings found;
  for (const ListenerEvidence& listener : evidence.listeners) {
    if (DropsOf(listener) > 0) found.push_back(OverflowFinding(evidence, listener));
  }
  if (found.empty()) found.push_back(OverflowSomewhere(evidence, overflows));
  return found;
}

Findings SynBacklog(const Evidence& evidence) {
  const Pressure pressure = PressureOf(evidence);
  std::uint64_t half_open = 0;
  const ListenerEvidence* listener = MostHalfOpen(evidence, half_open);
  const bool near = listener != nullptr && IsNearlyFull(half_open, *listener);
  if (!pressure.Any() && !near) return {};
  return {PressureFinding(evidence, pressure, near ? listener : nullptr)};
}

}  // namespace tunewire
