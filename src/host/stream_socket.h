// One non-blocking TCP socket of a load client: thin calls whose answers are numbers, since they
// are made a hundred thousand times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

enum class Nagle { kOff, kOn };
enum class ReceiveStamps { kOff, kOn };

struct StreamOptions {
  std::uint32_t mss = 0;  ///< TCP_MAXSEG before the handshake, 0: the path's own
  Nagle nagle = Nagle::kOff;
  ReceiveStamps stamps = ReceiveStamps::kOff;
  bool quickack = false;
};

/// A socket whose connect(2) has begun, from `source` (nothing: the kernel's choice). Not valid
/// with errno in `os_error` where that failed at once. The source port is chosen at the connect, so
/// that one address serves more connections than it has ports (IP_BIND_ADDRESS_NO_PORT).
UniqueFd BeginConnect(const SocketAddress& where, const SocketAddress* source,
                      const StreamOptions& options, int& os_error);

/// What became of it: 0, or an errno. Taking it clears it.
int TakeSocketError(int fd);

/// Bytes taken or given, 0 for the peer's end (Receive), or minus errno. Never waits, never
/// signals.
std::int64_t SendSome(int fd, const char* bytes, std::size_t size);
std::int64_t ReceiveSome(int fd, std::span<char> room);

/// The same with the time (CLOCK_MONOTONIC) at which the last byte that came out reached the host;
/// nothing where the kernel did not stamp it.
std::int64_t ReceiveStamped(int fd, std::span<char> room, std::optional<std::int64_t>& arrived_ns);

/// The kernel begins to stamp arrivals a while after the first socket asked for it (a static key,
/// turned by a work queue). This asks, waits until it is so (50 ms at most), and keeps it so for as
/// long as the descriptor lives.
UniqueFd KeepReceiveStamps();

/// TCP_QUICKACK: what waits to be acknowledged is, now. The kernel forgets the wish soon.
void AcknowledgeNow(int fd);

struct PathFacts {
  std::uint32_t send_mss = 0;
  std::int64_t min_rtt_ns = 0;
};
/// TCP_INFO; nothing where the kernel does not say.
std::optional<PathFacts> PathFactsOf(int fd);

/// An IP address as text to bind to, with port 0. Errors: kUsage "invalid_address".
Result<SocketAddress> SourceAddress(const std::string& text);

}  // namespace tunewire
