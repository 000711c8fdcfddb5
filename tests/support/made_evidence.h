// Evidence made by hand: connections of a quiet host, and one labelled trouble for every rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/sockets/finding.h"

namespace tunewire {

/// "10.0.0.9" or "2001::9"; abbreviated IPv6 only in the form a::b.
SocketEnd EndAt(const std::string& address, std::uint16_t port);

/// 120 looks in 3 s at an established server connection on a LAN, nothing going on: 10.0.0.1:80 to
/// 10.0.0.9:40000 plus `number`, owner 0.
ConnectionEvidence QuietConnection(std::uint16_t number);

/// The other end of it, as if it was on this host too; owner 1.
ConnectionEvidence OtherEnd(const ConnectionEvidence& connection);

/// 0.0.0.0:80 with a backlog of 511 that nobody waits in, owner 0.
ListenerEvidence QuietListener();

/// A host with "server" (pid 4321, server.service) and "client" (pid 8765), the kernel's settings,
/// a quiet listener, and no connection.
Evidence QuietHost();
Evidence HostWith(std::vector<ConnectionEvidence> connections);

/// `looks` of the connection's show the sign, the longest run `longest_ms`.
void Show(ConnectionEvidence& connection, Sign sign, std::uint32_t looks, std::int64_t longest_ms);

template <class T>
void Grow(ConnectionEvidence& connection, std::optional<T> TcpInfo::*field, std::uint64_t amount) {
  connection.first.tcp.*field = T{0};
  connection.last.tcp.*field = static_cast<T>(amount);
}

void Count(Evidence& evidence, const std::string& counter, std::int64_t moved);

/// Evidence that exactly this rule is there for; nothing for an id that none has.
std::optional<Evidence> TroubleOf(std::string_view rule);

struct HealthyHost {
  std::string label;
  Evidence evidence;
};

/// Programs under load that no rule may accuse (above info).
std::vector<HealthyHost> HealthyHosts();

}  // namespace tunewire
