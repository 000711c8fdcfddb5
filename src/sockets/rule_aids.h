// What the rules share: questions to evidence, and the beginnings of a finding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/sockets/finding.h"

namespace tunewire {

/// What a counter of TCP_INFO gained from the first look to the last; 0 where either lacks it.
template <class T>
std::uint64_t Grown(const ConnectionEvidence& connection, std::optional<T> TcpInfo::*field) {
  const std::optional<T>& before = connection.first.tcp.*field;
  const std::optional<T>& after = connection.last.tcp.*field;
  if (!before || !after) return 0;
  return static_cast<T>(*after - *before);  // u32 counters of the kernel wrap
}

/// Of its looks, those that showed it: 0..1.
double ShareOf(const ConnectionEvidence& connection, Sign sign);

std::int64_t WatchedNs(const ConnectionEvidence& connection);
double WatchedSeconds(const ConnectionEvidence& connection);

/// A connection on which data can go both ways.
bool IsEstablished(const ConnectionEvidence& connection);

/// Both ends on this host, as far as the addresses tell.
bool StaysOnHost(const SocketInfo& socket);

/// TcpExt counters; 0 where this kernel has none of the name, or it did not move.
std::int64_t Moved(const Evidence& evidence, std::string_view counter);

std::uint64_t InState(const Evidence& evidence, TcpState state);

/// The other end of each connection, where it was watched too.
class Peers {
 public:
  explicit Peers(const Evidence& evidence);
  /// Null where it was not watched.
  [[nodiscard]] const ConnectionEvidence* Of(const ConnectionEvidence& connection) const;

 private:
  std::vector<const ConnectionEvidence*> by_ends_;
};

/// The listener that this connection came in through, or null.
const ListenerEvidence* ListenerOf(const Evidence& evidence, const ConnectionEvidence& connection);

/// The one on this host that connections to `end` come in through, or null.
const ListenerEvidence* ListenerAt(const Evidence& evidence, const SocketEnd& end);

/// Process, ends and time of a finding about all looks.
Finding About(const Evidence& evidence, const ConnectionEvidence& connection,
              std::string_view rule);
Finding About(const Evidence& evidence, const ListenerEvidence& listener, std::string_view rule);
Finding AboutNamespace(const Evidence& evidence, std::string_view rule);

/// The same, about the looks that showed a sign.
Finding AboutSign(const Evidence& evidence, const ConnectionEvidence& connection, Sign sign,
                  std::string_view rule);

template <class T>
void Put(Finding& finding, std::string_view name, T value) {
  finding.evidence.push_back({std::string(name), static_cast<std::int64_t>(value)});
}
void Put(Finding& finding, std::string_view name, const std::string& value);

/// Nothing where the kernel did not say.
template <class T>
void Put(Finding& finding, std::string_view name, const std::optional<T>& value) {
  if (value) Put(finding, name, *value);
}

/// What `make` says of every connection that `is` chooses.
template <class Is, class Make>
std::vector<Finding> Each(const Evidence& evidence, Is is, Make make) {
  std::vector<Finding> found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (is(connection)) found.push_back(make(evidence, connection));
  }
  return found;
}

/// "44 ms", "3 s".
std::string MsText(std::int64_t ms);
std::string NsText(std::int64_t ns);
/// "98 %"; "below 1 %".
std::string PercentText(double share);
/// "98 % of 120 looks"
std::string LooksText(double share, std::uint32_t looks);
/// "1 socket", "3 sockets": `one` takes an s.
std::string CountText(std::uint64_t count, std::string_view one);

}  // namespace tunewire
