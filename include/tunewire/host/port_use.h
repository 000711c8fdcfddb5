// Source ports that cannot be had now: plain facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/ports_taken.h"
#include "tunewire/host/socket_table.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

enum class PortChooser {
  kConnect,  ///< for each destination anew
  kBind,     ///< once: what the source has towards anybody is not had again
};

struct PortQuestion {
  std::vector<SocketAddress> destinations;
  /// Source addresses that count, "10.0.0.9"; empty: the one that the kernel chooses for each
  /// destination, or all where it has no route there.
  std::vector<std::string> sources;
  PortChooser chooser = PortChooser::kConnect;
};

/// Which ports connect(2) chooses from, by number: net.ipv4.ip_local_port_range and
/// ip_local_reserved_ports.
using ChoosablePorts = std::vector<bool>;

/// Adds up what a dump shows. Pure.
class PortCount {
 public:
  PortCount(ChoosablePorts choosable, std::vector<std::string> sources);

  /// A connection to a destination, in whatever state.
  void TakeConnection(const SocketInfo& socket);
  /// A connection to anybody, which has its port of its source.
  void TakePortOf(SocketInfo socket);
  /// A listener, or a socket that is bound and nothing else.
  void TakeBound(const SocketInfo& socket);

  [[nodiscard]] PortUse Sum() const;

 private:
  struct Taken {
    SocketEnd local, remote;
    bool time_wait = false;
  };

  struct Pair {
    std::uint32_t in_use = 0, time_wait = 0;
  };

  static std::vector<Pair> PairsOf(const std::vector<Taken>& taken);
  [[nodiscard]] bool Counts(std::uint16_t port) const;

  ChoosablePorts choosable_;
  std::vector<std::string> sources_;
  std::vector<Taken> taken_;
  std::vector<bool> bound_;
};

/// One dump for each destination, filtered by the kernel, or of all connections where bind(2)
/// chooses, and one of listeners. Before Linux 6.8
/// the kernel does not show sockets that are bound and nothing else. Errors: of the dumps;
/// kUnsupported "no_port_facts" where /proc does not name the ports.
Result<PortUse> ReadPortUse(SocketSource& sockets, const PortQuestion& question);

}  // namespace tunewire
