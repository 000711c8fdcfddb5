// The arithmetic of need against have: which resource ends first under a load, at which number,
// with which errno. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/check/check.h"
#include "tunewire/host/calibrate.h"
#include "tunewire/host/host_facts.h"
#include "tunewire/host/ports_taken.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

enum class LoadSide { kClient, kServer };

/// The load somebody is about to run.
struct LoadWish {
  LoadSide side = LoadSide::kClient;
  std::uint64_t connections = 0;  ///< at a time
  double rate = 0;                ///< new connections, or with keep-alive requests, a second
  std::chrono::milliseconds duration{0};  ///< 0: until it is stopped
  bool keepalive = false;                 ///< connections are kept; otherwise one a request
  std::uint64_t message_bytes = 0;        ///< of one request or answer
  std::chrono::microseconds rtt{0};
  std::uint64_t bandwidth_bits_per_s = 0;
  std::vector<SocketAddress> destinations;  ///< client side
  std::vector<std::string> sources;         ///< bound source addresses; empty: the kernel's choice
  std::uint16_t listen_port = 0;            ///< server side
  std::uint32_t backlog = 0;  ///< asked of listen(2), 0: the listener there is, or 4096
  std::uint32_t threads = 1;
  /// Who keeps TIME_WAIT, where connections are not kept: only the client's costs source ports.
  LoadSide closes_first = LoadSide::kClient;
  /// The sources are bound with bind(2) and port 0, without IP_BIND_ADDRESS_NO_PORT: one range of
  /// ports for all destinations together, and EADDRINUSE from bind.
  bool bind_takes_port = false;
};

struct Wall {
  std::string resource;  ///< "source_ports", "descriptors", "file_max", "accept_backlog", ...
  std::string title;     ///< "source ports to one target"
  double need = 0, have = 0;
  std::string unit;  ///< "" for a count, "bytes", "bits_per_s", "cpus"
  bool enough = true;
  std::string error;      ///< "EADDRNOTAVAIL", "EMFILE", ...; empty: nothing fails, it gets slow
  std::string operation;  ///< "connect", "accept", "socket"
  std::optional<std::uint64_t> at_connections;
  std::optional<double> at_seconds;
  std::string formula;  ///< with the numbers in it
  std::string what_happens;
  /// What must go on for it to be met: "the server accepts nothing"; empty: nothing more.
  std::string only_while;
  std::string unknown;  ///< why nothing can be said; empty otherwise
  std::vector<ProfileLine> profile;

  bool operator==(const Wall&) const = default;
};

/// It is known, and there is not enough.
bool Breaks(const Wall& wall);

/// Walls that break come first, in the order they are met, those met only under a condition behind
/// the others; then the rest by how near they are.
std::vector<Wall> FindWalls(const LoadWish& wish, const HostFacts& facts,
                            const std::optional<PortUse>& ports,
                            const std::optional<Calibration>& calibration);

enum class Readiness { kReady, kNotReady, kUnknown };

std::string_view NameOf(Readiness readiness);  ///< "ready", "not_ready", "unknown"

struct CheckVerdict {
  Readiness readiness = Readiness::kUnknown;
  std::string sentence;
  std::vector<CheckResult> checks;
  std::vector<Wall> walls;
};

/// Not ready: a wall breaks, or a check is bad.
CheckVerdict JudgeHost(std::vector<CheckResult> checks, std::vector<Wall> walls,
                       const std::optional<LoadWish>& wish);

/// A profile (profile text, format 1) of every line that would mend something; empty where none
/// would.
std::string ReadyProfile(const CheckVerdict& verdict, const HostFacts& facts);

/// Keys that would mend something, too, but only from the host's own network namespace.
std::vector<std::string> HostKeys(const CheckVerdict& verdict, const HostFacts& facts);

}  // namespace tunewire
