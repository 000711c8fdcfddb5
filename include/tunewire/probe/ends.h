// The two ends of a probe: on this host, in two namespaces, on two hosts, or against an echo
// server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tunewire/base/result.h"
#include "tunewire/host/noise.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// Asked while a run goes on, at least every 100 ms: how far it is; true means "stop now".
using RunWatch =
    std::function<bool(std::uint64_t exchanges_done, std::chrono::nanoseconds elapsed)>;

class Ends {
 public:
  virtual ~Ends() = default;

  /// Drives one run over a new connection. A run ends by itself: every wait has a deadline.
  /// Errors: "refused", "unreachable", "timed_out", "no_such_host" (kNotFound), "peer_gone",
  /// "peer_version" (kUnsupported), "size_mismatch", "not_supported" (an option this kernel
  /// lacks; the operation says which), kNotPermitted for a namespace.
  virtual Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) = 0;

  /// Whether both ends are on this host and share its clock.
  [[nodiscard]] virtual bool OneHost() const = 0;

  /// For people: "loopback", "namespaces a and b", "10.0.0.9:7411".
  [[nodiscard]] virtual std::string Describe() const = 0;
};

/// Client in the namespace `client`, server in `server` (names, pids or paths as
/// EnterNetworkNamespace takes them; empty: the caller's). Different namespaces meet at an address
/// of the server's that the client can route to. Errors: as EnterNetworkNamespace;
/// "no_path" where none of the addresses is reachable.
Result<std::unique_ptr<Ends>> LocalEnds(const std::string& client, const std::string& server);

/// A `probe serve` at HOST:PORT, [V6]:PORT or NAME:PORT. Says hello at once. Errors: of Ends::Run;
/// "not_a_peer" (another server, or one that does not answer), "peer_busy" (kBusy). Its runs may
/// also end with "beyond_limits" (kUsage: longer sleeps, runs or messages than a server grants),
/// "no_data_connection" (ports are rewritten on the way) and "peer_refused". A run that outlasts
/// what a server grants a session comes back as interrupted, with its evidence.
Result<std::unique_ptr<Ends>> RemoteEnds(const std::string& peer);

/// A server that sends back what it gets. The scripts' reads must fit: the client reads as many
/// bytes as it wrote. Errors: of Ends::Run.
Result<std::unique_ptr<Ends>> EchoEnds(const std::string& peer);

struct ServeOptions {
  std::string listen = "127.0.0.1";  ///< an address of this host, or "::"
  std::uint16_t port = 7411;         ///< 0: the kernel's choice
  std::uint32_t sessions = 0;        ///< ends after so many; 0: until stopped
};

inline constexpr std::uint16_t kProbePort = 7411;

struct ServeEvents {
  std::function<void(const std::string& address, std::uint16_t port)> ready;
  std::function<void(const std::string& line)> note;  ///< one finished or refused session
  std::function<bool()> stop;                         ///< asked at least every 100 ms
};

/// The peer of RemoteEnds: at most 8 sessions at a time, each with bounded memory and deadlines
/// (2 s hello, 5 s idle, 60 s in all); gives root up, for the whole process and for good, before
/// the first byte is read; writes no file and runs nothing. A session counts where at least one run
/// began. Returns when `stop` says so or `sessions` are over. `note` is called from several
/// threads, never at the same time. Errors: of binding; of DropRoot.
Status Serve(const ServeOptions& options, const ServeEvents& events);

}  // namespace tunewire
