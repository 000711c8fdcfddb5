// TCP sockets with deadlines: names, connecting, listening, and the options that probes turn.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

/// A socket address as the kernel takes it (struct sockaddr_in or sockaddr_in6).
struct SocketAddress {
  std::array<std::byte, 28> bytes{};
  std::uint32_t length = 0;

  [[nodiscard]] std::string Text() const;  ///< "10.0.0.9:80", "[::1]:80"
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] bool SameHost(const SocketAddress& other) const;
  [[nodiscard]] bool IsLoopback() const;  ///< 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104

  bool operator==(const SocketAddress&) const = default;
};

/// A host and a port as people write them: "10.0.0.9:80", "[::1]:80", "name:80".
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

/// Pure. Errors: kUsage "invalid_address", saying which part is wrong.
Result<HostPort> ParseHostPort(const std::string& text);

/// All addresses of a name, in the resolver's order; at least one. Errors: kNotFound
/// "no_such_host" with the resolver's words.
Result<std::vector<SocketAddress>> ResolveHost(const HostPort& where);

struct ConnectOptions {
  std::uint32_t mss = 0;  ///< TCP_MAXSEG before the handshake, 0: the path's own
  std::string bind;       ///< source address, empty: the kernel's choice
  std::chrono::milliseconds patience{5000};
};

/// A connected socket, blocking, CLOEXEC. Errors: "refused", "unreachable", "timed_out",
/// "invalid_address" for `bind`.
Result<UniqueFd> ConnectTcp(const SocketAddress& where, const ConnectOptions& options);

/// A listening socket with SO_REUSEADDR. Errors: system errors of bind(2) with the address.
Result<UniqueFd> ListenTcp(const SocketAddress& where, int backlog);

Result<SocketAddress> LocalAddressOf(int fd);
Result<SocketAddress> PeerAddressOf(int fd);

/// Waits at most `patience` for a connection; a descriptor that does not own anything means none
/// came. Errors: system errors of accept4(2).
Result<UniqueFd> AcceptTcp(int listener, std::chrono::milliseconds patience, SocketAddress& peer);

/// All of `bytes`, or an error: "timed_out", "peer_gone".
Status SendAll(int fd, const std::byte* bytes, std::size_t size,
               std::chrono::milliseconds patience);
/// Exactly `size` bytes, or an error: "timed_out", "peer_gone".
Status ReceiveAll(int fd, std::byte* bytes, std::size_t size, std::chrono::milliseconds patience);

}  // namespace tunewire
