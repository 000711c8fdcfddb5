// From runs of a real server to a verdict: is keep-alive slow, whose doing it is, what helps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/http/load.h"
#include "tunewire/latency/interval.h"
#include "tunewire/latency/stalls.h"

namespace tunewire {

enum class HttpMode { kNewConnection, kKeepAlive, kPipelined };

std::string_view NameOf(HttpMode mode);  ///< "new_connection", "keep_alive", "pipelined"

/// What a block changed against the plain run of its mode.
enum class HttpChange {
  kNothing,
  kQuickAck,       ///< our ACKs at once: the server's Nagle has nothing to wait for
  kRequestInTwo,   ///< our request in two writes
  kAtEthernetMss,  ///< TCP_MAXSEG 1460: what an Ethernet path would do
  kAtEthernetMssQuickAck,
  kThink,  ///< another think time
  kAsked,  ///< the load as the user asked for it
};

std::string_view NameOf(HttpChange change);

/// One block of a run: its place in the interleaved order, and how many samples it added.
struct HttpBlock {
  std::uint32_t place = 0;
  std::size_t samples = 0;
};

/// All blocks of one mode and change, merged in the order they ran.
struct HttpRun {
  HttpMode mode = HttpMode::kKeepAlive;
  HttpChange change = HttpChange::kNothing;
  std::vector<HttpBlock> blocks;
  std::int64_t think_us = 0;
  LoadResult load;
  StallSummary stalls;  ///< over the whole answers in order; `first` and `period` of one connection
};

enum class HttpCause {
  kNone,
  kServerNagle,  ///< the server holds its second write until our ACK
  kServerCork,   ///< cork or MSG_MORE left open: 200 ms
  kSlowServer,   ///< the server (or what is behind it) works
  kUnknown,
};

/// "none", "nagle_delayed_ack", "cork", "slow_server", "unknown".
std::string_view NameOf(HttpCause cause);

struct HttpFix {
  std::string side;  ///< "server", "client"
  std::string id, text;

  bool operator==(const HttpFix&) const = default;
};

struct HttpVerdict {
  bool stall = false;
  std::string side = "none";  ///< "server", "client", "none"
  HttpCause cause = HttpCause::kNone;
  bool confirmed = false;  ///< by interleaved blocks
  std::string sentence;    ///< "keep-alive is 200 x slower than new connections: ..."
  std::vector<std::string> reasons, warnings;
  std::vector<HttpFix> fixes;
  std::optional<Effect> effect;  ///< stalled fraction without and with QUICKACK

  bool operator==(const HttpVerdict&) const = default;
};

/// Pure. Never Nagle without the QUICKACK A/B.
HttpVerdict JudgeHttp(std::span<const HttpRun> runs, int hz);

enum class HttpAsk {
  kDiagnosis,     ///< new connections, keep-alive, pipelined, and what tells whose stall it is
  kLoad,          ///< one run as asked
  kLoadAndProof,  ///< the run as asked; where answers stall, what tells whose stall it is as well
};

/// What the user asks for, beside the LoadSpec of every block.
struct HttpRequest {
  LoadSpec spec;                ///< connections, rate and so on as asked
  std::string closing_request;  ///< the request with "Connection: close", for new connections
  HttpAsk ask = HttpAsk::kDiagnosis;
  std::vector<std::int64_t> think_us;  ///< think times to try, empty: none
  bool loopback = false;               ///< the server is on this host: try Ethernet's MSS as well
  int hz = 250;
};

struct HttpResult {
  std::vector<HttpRun> runs;  ///< blocks of equal mode and change merged
  HttpVerdict verdict;
  std::int64_t lookup_ns = 0;
  bool partial = false;
};

struct HttpProgress {
  std::size_t run = 0, runs = 0;
  std::string label;
  std::uint64_t requests = 0;
  double rate = 0;  ///< requests a second of late
  std::chrono::nanoseconds elapsed{}, expected{};
};
using HttpWatch = std::function<bool(const HttpProgress& progress)>;

/// Errors: of the first run. Under 10 s by default.
Result<HttpResult> RunHttp(LoadClient& client, const HttpRequest& request, const HttpWatch& watch);

}  // namespace tunewire
