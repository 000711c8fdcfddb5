// Plain traffic between two threads of this process, each in a network namespace of its choice:
// what a calibration and a comparison of settings measure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "tunewire/base/result.h"
#include "tunewire/host/tcp.h"
#include "tunewire/latency/histogram.h"

namespace tunewire {

enum class TrafficKind {
  kConnections,  ///< connect, one request and answer, close
  kExchanges,    ///< one request and answer after the other on kept connections
  kBulk,         ///< as many bytes as go, from the client to the server
};

enum class Closing {
  kOrderly,  ///< FIN: the client's port waits in TIME_WAIT
  kReset,    ///< RST (SO_LINGER 0): nothing stays behind
};

struct TrafficWish {
  TrafficKind kind = TrafficKind::kExchanges;
  std::chrono::milliseconds duration{500};
  std::uint64_t most = 0;            ///< connections or exchanges; 0: what the time allows
  std::uint32_t concurrency = 1;     ///< connections at a time
  std::uint32_t message_bytes = 64;  ///< of a request, and of an answer
  int backlog = 4096;                ///< asked of listen(2)
  Closing closing = Closing::kReset;
};

/// Descriptors of network namespaces (/proc/.../ns/net), -1: the caller's; and where to listen.
struct TrafficPlaces {
  int client = -1, server = -1;
  SocketAddress listen;  ///< its port may be 0: the kernel's choice
};

struct TrafficResult {
  std::uint64_t done = 0, failed = 0;  ///< connections or exchanges
  std::uint64_t bytes = 0;             ///< that the server received
  double seconds = 0;                  ///< from the first connect to the last answer
  std::int64_t cpu_ns = 0;             ///< of both threads, what softirq they were charged included
  Histogram latency;                   ///< one sample a connection or exchange; empty for kBulk
  std::map<int, std::uint64_t> errors;  ///< failures by errno
};

/// Ends after the wish's duration or number, and 1 s more at most. Errors: a namespace that may not
/// be entered, an address that cannot be listened at; a connection that fails is counted instead.
Result<TrafficResult> RunTraffic(const TrafficWish& wish, const TrafficPlaces& places);

}  // namespace tunewire
