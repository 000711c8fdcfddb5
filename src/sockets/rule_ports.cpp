// Source ports that run out, and TIME_WAIT sockets beyond what the kernel keeps.
#include <algorithm>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"

namespace tunewire {
namespace {

constexpr double kNear = 0.7;
constexpr double kNearer = 0.9;

std::uint32_t PortsAllowed(const NetworkSettings& settings) {
  if (!settings.port_first || !settings.port_last || *settings.port_last < *settings.port_first) {
    return 0;
  }
  const std::uint32_t range = *settings.port_last - *settings.port_first + 1;
  return range - std::min(range, settings.ports_reserved.value_or(0));
}

/// With tcp_tw_reuse a port in TIME_WAIT is free again after a second: 1 for all, 2 (the kernel's
/// own value) on loopback.
bool ReusesTimeWait(const NetworkSettings& settings, const SocketEnd& remote) {
  const std::uint32_t reuse = settings.tw_reuse.value_or(0);
  return reuse == 1 || (reuse == 2 && remote.IsLoopback());
}

std::uint32_t PortsHeld(const Evidence& evidence, const Evidence::Destination& to) {
  if (!ReusesTimeWait(evidence.settings, to.remote)) return to.ports;
  return to.ports - std::min(to.ports, to.time_wait);
}

const ConnectionEvidence* SomeConnection(const Evidence& evidence, const SocketEnd& remote) {
  const auto& all = evidence.connections;
  const auto at = std::find_if(all.begin(), all.end(), [&](const ConnectionEvidence& connection) {
    return connection.owner && connection.last.remote == remote;
  });
  return at == all.end() ? nullptr : &*at;
}

Finding PortsFinding(const Evidence& evidence, const Evidence::Destination& to, double share) {
  const ConnectionEvidence* some = SomeConnection(evidence, to.remote);
  Finding finding = some != nullptr ? About(evidence, *some, "source_ports")
                                    : AboutNamespace(evidence, "source_ports");
  finding.local = to.local;
  finding.remote = to.remote;
  finding.state = TcpState::kUnknown;
  finding.inode = finding.cookie = 0;
  finding.connections = to.ports;
  finding.share = share;
  finding.severity = share >= kNearer ? Severity::kBad : Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  Put(finding, "ports_in_use", to.ports);
  Put(finding, "time_wait", to.time_wait);
  Put(finding, "ports_allowed", PortsAllowed(evidence.settings));
  Put(finding, "port_first", evidence.settings.port_first);
  Put(finding, "port_last", evidence.settings.port_last);
  Put(finding, "tcp_tw_reuse", evidence.settings.tw_reuse);
  finding.summary = Format(
      "{} of {} source ports towards {} are taken ({}), {} by TIME_WAIT; beyond the last, "
      "connect(2) fails with EADDRNOTAVAIL",
      to.ports, PortsAllowed(evidence.settings), to.remote.Text(), PercentText(share),
      to.time_wait);
  finding.advice =
      "keep connections open and reuse them; else widen net.ipv4.ip_local_port_range, set "
      "net.ipv4.tcp_tw_reuse=1, or spread over more addresses";
  return finding;
}

Finding BucketsFinding(const Evidence& evidence, std::uint64_t count, std::int64_t thrown) {
  Finding finding = AboutNamespace(evidence, "time_wait_overflow");
  finding.severity = Severity::kWarning;
  if (thrown > 0) finding.confidence = Confidence::kConfirmed;
  Put(finding, "time_wait", count);
  Put(finding, "tcp_max_tw_buckets", evidence.settings.max_tw_buckets);
  Put(finding, "time_wait_thrown_away", thrown);
  const std::string limit = evidence.settings.max_tw_buckets
                                ? Format(" of {} allowed", *evidence.settings.max_tw_buckets)
                                : "";
  finding.summary = Format("{} connections are in TIME_WAIT{}; {} ended without it in {}", count,
                           limit, thrown, NsText(evidence.span_ns));
  finding.advice =
      "keep connections open; raise net.ipv4.tcp_max_tw_buckets (each costs about 300 bytes) where "
      "they must be many: without TIME_WAIT late segments can hit new connections";
  return finding;
}

}  // namespace

Findings SourcePorts(const Evidence& evidence) {
  const std::uint32_t allowed = PortsAllowed(evidence.settings);
  if (allowed == 0) return {};
  Findings found;
  for (const Evidence::Destination& to : evidence.destinations) {
    const double share = static_cast<double>(PortsHeld(evidence, to)) / allowed;
    if (share >= kNear) found.push_back(PortsFinding(evidence, to, std::min(1.0, share)));
  }
  return found;
}

Findings TimeWaitOverflow(const Evidence& evidence) {
  const std::int64_t thrown = Moved(evidence, "TCPTimeWaitOverflow");
  const std::uint64_t count = InState(evidence, TcpState::kTimeWait);
  const auto& limit = evidence.settings.max_tw_buckets;
  const bool near =
      limit && *limit > 0 && static_cast<double>(count) >= kNearer * static_cast<double>(*limit);
  if (thrown <= 0 && !near) return {};
  return {BucketsFinding(evidence, count, thrown)};
}

}  // namespace tunewire
