// Listening sockets by address: those of a reuseport group together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/sockets_report.h"

namespace tunewire {

struct ListenerRow {
  std::string address;  ///< "0.0.0.0:80"
  std::uint16_t port = 0;
  std::size_t sockets = 0;       ///< that listen there: more than one is a reuseport group
  std::uint32_t queue = 0;       ///< waiting for accept(2), of all of them
  std::uint32_t queue_max = 0;   ///< of one, while looking
  std::uint32_t backlog = 0;     ///< the smallest
  std::uint32_t full_looks = 0;  ///< of `looks`, of all of them
  std::uint32_t looks = 0;
  bool at_cap = false;        ///< its backlog is what somaxconn allows
  bool known_drops = false;   ///< the kernel tells how many handshakes it threw away
  std::uint64_t drops = 0;    ///< since the sockets were made
  std::uint32_t dropped = 0;  ///< while looking
  double drops_per_s = 0;
  std::optional<std::size_t> owner;  ///< in Evidence::processes
  std::uint32_t holders = 0;         ///< processes that hold one of them
};

/// Those in trouble first, then by port.
std::vector<ListenerRow> ListenerRows(const SocketsView& view);

}  // namespace tunewire
