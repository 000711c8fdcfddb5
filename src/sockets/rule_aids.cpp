#include "sockets/rule_aids.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/format.h"
#include "host/socket_end.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

using Ends = std::pair<SocketEnd, SocketEnd>;

Ends EndsOf(const ConnectionEvidence& connection) {
  return {Unmapped(connection.last.local), Unmapped(connection.last.remote)};
}

std::optional<Process> OwnerOf(const Evidence& evidence, std::optional<std::size_t> owner) {
  if (!owner || *owner >= evidence.processes.size()) return std::nullopt;
  return evidence.processes[*owner];
}

Finding AboutSocket(const SocketInfo& socket, std::string_view rule) {
  Finding finding;
  finding.rule = rule;
  finding.local = socket.local;
  finding.remote = socket.remote;
  finding.state = socket.state;
  finding.inode = socket.inode;
  finding.cookie = socket.cookie;
  return finding;
}

bool IsAny(const SocketEnd& end) {
  return std::all_of(end.address.begin(), end.address.end(), [](auto byte) { return byte == 0; });
}

}  // namespace

double ShareOf(const ConnectionEvidence& connection, Sign sign) {
  if (connection.looks == 0) return 0;
  return static_cast<double>(connection.Tally(sign).looks) / connection.looks;
}

std::int64_t WatchedNs(const ConnectionEvidence& connection) {
  return connection.last_ns - connection.first_ns;
}

double WatchedSeconds(const ConnectionEvidence& connection) {
  return static_cast<double>(WatchedNs(connection)) / 1e9;
}

bool IsEstablished(const ConnectionEvidence& connection) {
  return connection.last.state == TcpState::kEstablished;
}

bool StaysOnHost(const SocketInfo& socket) {
  return socket.local.IsLoopback() || socket.remote.IsLoopback() ||
         socket.local.Host() == socket.remote.Host();
}

std::int64_t Moved(const Evidence& evidence, std::string_view counter) {
  return evidence.counters.Value("TcpExt", counter).value_or(0);
}

std::uint64_t InState(const Evidence& evidence, TcpState state) {
  return evidence.by_state[static_cast<std::size_t>(state)];
}

Peers::Peers(const Evidence& evidence) {
  by_ends_.reserve(evidence.connections.size());
  for (const ConnectionEvidence& connection : evidence.connections) {
    by_ends_.push_back(&connection);
  }
  std::sort(by_ends_.begin(), by_ends_.end(),
            [](const auto* a, const auto* b) { return EndsOf(*a) < EndsOf(*b); });
}

const ConnectionEvidence* Peers::Of(const ConnectionEvidence& connection) const {
  const auto [local, remote] = EndsOf(connection);
  const Ends wanted{remote, local};
  const auto at =
      std::lower_bound(by_ends_.begin(), by_ends_.end(), wanted,
                       [](const auto* peer, const Ends& ends) { return EndsOf(*peer) < ends; });
  const bool found = at != by_ends_.end() && EndsOf(**at) == wanted;
  return found ? *at : nullptr;
}

const ListenerEvidence* ListenerAt(const Evidence& evidence, const SocketEnd& end) {
  const SocketEnd wanted = Unmapped(end);
  const auto& all = evidence.listeners;
  const auto at = std::find_if(all.begin(), all.end(), [&](const ListenerEvidence& listener) {
    const SocketEnd own = Unmapped(listener.last.local);
    return own.port == wanted.port && (IsAny(own) || own == wanted);
  });
  return at == all.end() ? nullptr : &*at;
}

const ListenerEvidence* ListenerOf(const Evidence& evidence, const ConnectionEvidence& connection) {
  return ListenerAt(evidence, connection.last.local);
}

Finding About(const Evidence& evidence, const ConnectionEvidence& connection,
              std::string_view rule) {
  Finding finding = AboutSocket(connection.last, rule);
  finding.process = OwnerOf(evidence, connection.owner);
  finding.share = 1;
  finding.since_ns = connection.first_ns;
  finding.until_ns = connection.last_ns;
  return finding;
}

Finding About(const Evidence& evidence, const ListenerEvidence& listener, std::string_view rule) {
  Finding finding = AboutSocket(listener.last, rule);
  finding.remote = {};
  finding.process = OwnerOf(evidence, listener.owner);
  finding.share = 1;
  finding.until_ns = evidence.span_ns;
  return finding;
}

Finding AboutNamespace(const Evidence& evidence, std::string_view rule) {
  Finding finding;
  finding.rule = rule;
  finding.connections = 0;
  finding.share = 1;
  finding.until_ns = evidence.span_ns;
  return finding;
}

Finding AboutSign(const Evidence& evidence, const ConnectionEvidence& connection, Sign sign,
                  std::string_view rule) {
  Finding finding = About(evidence, connection, rule);
  finding.share = ShareOf(connection, sign);
  finding.since_ns = connection.Tally(sign).first_ns;
  finding.until_ns = connection.Tally(sign).last_ns;
  return finding;
}

void Put(Finding& finding, std::string_view name, const std::string& value) {
  finding.evidence.push_back({std::string(name), value});
}

std::string MsText(std::int64_t ms) { return FormatDuration(std::chrono::milliseconds(ms)); }

std::string NsText(std::int64_t ns) {
  constexpr std::int64_t kNsPerMs = 1000000;
  return MsText(ns / kNsPerMs);
}

std::string PercentText(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 1) return "below 1 %";
  return Format("{} %", std::lround(percent));
}

std::string LooksText(double share, std::uint32_t looks) {
  return Format("{} of {} looks", PercentText(share), looks);
}

std::string CountText(std::uint64_t count, std::string_view one) {
  return Format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace tunewire
