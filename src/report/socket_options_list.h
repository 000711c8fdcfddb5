// The options of a socket as names and values, for text and JSON alike.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "tunewire/host/foreign_socket.h"

namespace tunewire {

struct NamedOption {
  std::string name;  ///< "nodelay", "rcvbuf_bytes": the unit stands in it
  std::variant<bool, std::uint64_t, std::string> value;
  bool plain = false;  ///< worth a place also where nobody asked for everything

  bool operator==(const NamedOption&) const = default;
};

/// Those that the kernel told, in the order of their sections.
std::vector<NamedOption> NamedOptions(const SocketOptions& options);

}  // namespace tunewire
