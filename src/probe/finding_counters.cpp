// What latencies and the kernel's counters say without time stamps: never more than likely.
#include <algorithm>

#include "base/format.h"
#include "probe/finding_parts.h"
#include "probe/run_facts.h"

namespace tunewire {
namespace {

/// Figures of one end, or of both, that a cause can be read from.
struct Tally {
  std::int64_t stalls = 0;
  std::int64_t client_delayed = 0, server_delayed = 0;  ///< ACKs, in each end's namespace
  std::int64_t client_resent = 0, server_resent = 0;    ///< segments
  std::int64_t window_limited_ns = 0;                   ///< the larger
  bool server_known = false;

  [[nodiscard]] std::int64_t Most() const { return std::max(client_delayed, server_delayed); }
};

/// Segments that were sent again because they, or their ACK, were lost. What the peer reports as a
/// duplicate (DSACK) had come: a loss probe after a program was stopped is no loss.
std::int64_t ResentBy(const EndEvidence& end) {
  const std::int64_t resent = end.tcp.retransmitted_segments
                                  ? static_cast<std::int64_t>(*end.tcp.retransmitted_segments)
                                  : ChangeOf(end.counters, "RetransSegs");
  return std::max<std::int64_t>(resent - ChangeOf(end.counters, "TCPDSACKRecvSegs"), 0);
}

Tally TallyOf(const RunReport& run) {
  const RunEvidence& evidence = run.evidence;
  Tally tally;
  tally.stalls = static_cast<std::int64_t>(run.stalls.count);
  tally.client_delayed = ChangeOf(evidence.client.counters, "DelayedACKs");
  tally.client_resent = ResentBy(evidence.client);
  tally.window_limited_ns = evidence.client.tcp.window_limited_ns.value_or(0);
  tally.server_known = evidence.server.has_value();
  if (!evidence.server) return tally;
  tally.server_delayed = ChangeOf(evidence.server->counters, "DelayedACKs");
  tally.server_resent = ResentBy(*evidence.server);
  tally.window_limited_ns =
      std::max(tally.window_limited_ns, evidence.server->tcp.window_limited_ns.value_or(0));
  return tally;
}

bool AtLeastHalf(std::int64_t count, std::int64_t of) { return count * 2 >= of && count > 0; }

RunFinding Likely(Cause cause, Side side, std::string why) {
  RunFinding finding;
  finding.cause = cause;
  finding.side = side;
  finding.reasons.push_back(std::move(why));
  return finding;
}

RunFinding Loss(const Tally& tally) {
  return Likely(Cause::kLoss, SideOf(tally.client_resent, tally.server_resent),
                Format("{} segments were sent again during {} stalls",
                       tally.client_resent + tally.server_resent, tally.stalls));
}

/// What the scripts and options allow.
struct Allowed {
  bool client_nagle, server_nagle, client_cork, server_cork, client_paced, server_paced;
};

Allowed AllowedBy(const RunEvidence& run) {
  const Traffic& traffic = run.spec.traffic;
  const bool known = run.server.has_value();
  return {NagleCanHold(traffic.client, traffic.client_options),
          known && NagleCanHold(traffic.server, traffic.server_options),
          LeavesCorked(traffic.client),
          known && LeavesCorked(traffic.server),
          IsPaced(run.client, traffic.client_options),
          known && IsPaced(*run.server, traffic.server_options)};
}

Side Who(bool client, bool server) { return SideOf(client ? 1 : 0, server ? 1 : 0); }

/// With both ends on one namespace each counter counts for both.
RunFinding LikelyNagle(const Tally& tally, const Allowed& allowed) {
  return Likely(
      Cause::kNagleDelayedAck, Who(allowed.client_nagle, allowed.server_nagle),
      Format("{} delayed acknowledgements for {} stalls, and {} writes more than once "
             "without TCP_NODELAY before it reads",
             tally.Most(), tally.stalls, allowed.client_nagle ? "the client" : "the server"));
}

RunFinding Unknown(const Tally& tally) {
  if (tally.server_known) {
    return Likely(Cause::kUnknown, Side::kNone,
                  Format("no counter explains {} stalls", tally.stalls));
  }
  return Likely(Cause::kUnknown, Side::kServer,
                Format("likely the server: nothing that the client's host counts explains {} "
                       "stalls",
                       tally.stalls));
}

}  // namespace

std::string FormatSpan(std::int64_t ns) {
  if (ns >= 100'000) return Format("{:.1f} ms", static_cast<double>(ns) / 1e6);
  return Format("{:.0f} us", static_cast<double>(ns) / 1e3);
}

Side SideOf(std::int64_t client_ns, std::int64_t server_ns) {
  const std::int64_t sum = client_ns + server_ns;
  if (sum <= 0) return Side::kNone;
  if (std::min(client_ns, server_ns) * 4 >= sum) return Side::kBoth;
  return client_ns > server_ns ? Side::kClient : Side::kServer;
}

RunFinding FindFromCounters(const RunReport& run) {
  const Tally tally = TallyOf(run);
  const Allowed allowed = AllowedBy(run.evidence);
  if (AtLeastHalf(tally.client_resent + tally.server_resent, tally.stalls)) return Loss(tally);
  if (allowed.client_cork || allowed.server_cork) {
    return Likely(Cause::kCork, Who(allowed.client_cork, allowed.server_cork),
                  "TCP_CORK or MSG_MORE is left open when the program goes on to read");
  }
  if (AtLeastHalf(tally.window_limited_ns, tally.stalls * run.stalls.median_ns)) {
    return Likely(
        Cause::kWindow, Side::kNone,
        Format("the kernel waited {} for a receive window", FormatSpan(tally.window_limited_ns)));
  }
  const bool delayed = AtLeastHalf(tally.Most(), tally.stalls);
  if (delayed && (allowed.client_nagle || allowed.server_nagle)) return LikelyNagle(tally, allowed);
  if (!delayed && (allowed.client_paced || allowed.server_paced)) {
    return Likely(Cause::kPacing, Who(allowed.client_paced, allowed.server_paced),
                  Format("{} stalls without a delayed acknowledgement, and the congestion control "
                         "paces",
                         tally.stalls));
  }
  return Unknown(tally);
}

void AddCrossChecks(const RunReport& run, RunFinding& finding) {
  const Tally tally = TallyOf(run);
  const bool one_end = finding.side == Side::kClient || finding.side == Side::kServer;
  if (finding.cause == Cause::kNagleDelayedAck && finding.side == Side::kBoth) {
    finding.reasons.push_back(Format(
        "DelayedACKs rose by {} on the client's and {} on the server's host during {} stalls",
        tally.client_delayed, tally.server_delayed, tally.stalls));
  }
  if (finding.cause == Cause::kNagleDelayedAck && one_end) {
    const bool client = finding.side == Side::kClient;
    if (client && !tally.server_known) {
      finding.reasons.emplace_back("the server's counters are not known");
      return;
    }
    const std::int64_t delayed = client ? tally.server_delayed : tally.client_delayed;
    finding.reasons.push_back(Format("{}DelayedACKs of {} host rose by {} during {} stalls",
                                     AtLeastHalf(delayed, tally.stalls) ? "" : "against it: ",
                                     client ? "the server's" : "the client's", delayed,
                                     tally.stalls));
  }
  const std::int64_t resent = tally.client_resent + tally.server_resent;
  if (finding.cause != Cause::kLoss && AtLeastHalf(resent, tally.stalls)) {
    finding.reasons.push_back(
        Format("against it: {} segments were sent again during {} stalls", resent, tally.stalls));
  }
}

}  // namespace tunewire
