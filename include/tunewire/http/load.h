// The load client: what to send, how hard, and what came back. Plain data and one entry.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/tcp.h"
#include "tunewire/http/request.h"
#include "tunewire/http/response.h"
#include "tunewire/latency/histogram.h"

namespace tunewire {

enum class RequestCut {
  kWhole,  ///< one write
  kInTwo,  ///< two writes, the second without waiting: shows the reverse stall
};

struct LoadSpec {
  std::vector<SocketAddress>
      addresses;  ///< tried in order at the start; the first that answers is kept
  std::vector<std::string>
      sources;          ///< source addresses, taken in turn; empty: the kernel's choice
  std::string request;  ///< BuildRequest's bytes
  ResponseReader::BodyOf method = ResponseReader::BodyOf::kGet;
  std::uint64_t requests = 0;  ///< 0: until `duration` is over
  std::chrono::microseconds duration{};
  std::uint32_t connections = 1;
  std::uint32_t threads = 1;
  bool keep_alive = true;      ///< false: one connection per request
  std::uint32_t pipeline = 1;  ///< requests under way at a time on a connection
  double rate = 0;             ///< requests a second over all connections; 0: as fast as answered
  std::chrono::microseconds think{};  ///< rest of a connection between answer and next request
  std::chrono::milliseconds timeout{5000};
  std::uint32_t mss = 0;  ///< TCP_MAXSEG, 0: the path's own
  bool quickack = false;  ///< TCP_QUICKACK again after every recv
  RequestCut cut = RequestCut::kWhole;
  std::uint64_t keep = 0;    ///< samples to keep, at most
  std::uint32_t pieces = 0;  ///< what each recv returned, for so many first requests
};

/// One request and its answer. Times are nanoseconds after the run's start. A connection that the
/// server closed between requests is made again at the cost of the request that needed it: its
/// begin_ns is before the connect, or before the first attempt where that one got no byte back.
struct HttpSample {
  std::int64_t intended_ns = 0;   ///< when it was due; begin_ns without a rate
  std::int64_t begin_ns = 0;      ///< the connection was begun (new) or the request written
  std::int64_t connected_ns = 0;  ///< begin_ns on a kept connection
  std::int64_t first_byte_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t bytes = 0;       ///< head and body
  std::uint32_t connection = 0;  ///< counted from 0
  std::uint32_t turn = 0;        ///< requests before it on that connection since it was opened
  std::uint16_t status = 0;
  HttpError error = HttpError::kNone;
};

/// What one recv returned, and when.
struct HttpPiece {
  std::uint32_t request = 0;               ///< index into samples
  std::int64_t at_ns = 0;                  ///< recv returned
  std::optional<std::int64_t> arrived_ns;  ///< its last byte reached the host (receive time stamp)
  std::uint32_t bytes = 0;
  bool head = false;  ///< no byte of the body was in it or before it
};

/// Counters of one connection, for "which ones stall".
struct ConnectionTally {
  std::uint64_t requests = 0, slow = 0;  ///< slow: above 35 ms
};

struct LoadResult {
  std::uint64_t requests = 0, ok = 0;  ///< finished ones; ok: a whole answer, whatever its status
  std::array<std::uint64_t, kHttpErrorKinds> errors{};
  std::array<std::uint64_t, 600> statuses{};  ///< by code
  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::uint64_t connects = 0, reconnects = 0;  ///< reconnects: forced by the server
  std::uint64_t unfinished = 0;                ///< under way when the time was over; nowhere else
  std::uint64_t unsent = 0;  ///< due by the rate before the end, but no connection was free
  std::int64_t elapsed_ns = 0;
  Histogram latency;    ///< begin to end, of ok ones
  Histogram corrected;  ///< intended to end
  Histogram connect, first_byte,
      transfer;  ///< first_byte: request written to first byte; transfer: to the last
  std::vector<HttpSample> samples;
  std::vector<HttpPiece> pieces;
  std::vector<ConnectionTally> connections;  ///< at most 10,000
  std::int64_t client_cpu_ns = 0;            ///< of this process over the run
  std::uint64_t client_peak_rss_bytes = 0;
  std::optional<std::uint32_t> send_mss;  ///< TCP_INFO of the last connection
  std::optional<std::int64_t> min_rtt_ns;
  SocketAddress address;     ///< the one that was used
  bool interrupted = false;  ///< by the watch
  bool gave_up = false;      ///< no connection came about any more: fewer requests than asked for
};

/// Asked about once in 100 ms; true means "stop now".
using LoadWatch =
    std::function<bool(std::uint64_t requests_done, std::chrono::nanoseconds elapsed)>;

/// What drives the sockets; a seam so that verdicts can be tested against modelled servers.
class LoadClient {
 public:
  virtual ~LoadClient() = default;
  /// One run. Errors only where nothing could be asked at all: "refused", "unreachable",
  /// "timed_out", "invalid_address". Everything later is counted.
  virtual Result<LoadResult> Run(const LoadSpec& spec, const LoadWatch& watch) = 0;
};

/// Epoll, one event loop a thread.
std::unique_ptr<LoadClient> EpollLoadClient();

}  // namespace tunewire
