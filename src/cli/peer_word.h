// The far end of connections as people name it: "10.0.0.9", "10.0.0.0/8", "[::1]:80".
#pragma once

#include <cstdint>
#include <string_view>

#include "tunewire/base/result.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

struct PeerWord {
  SocketEnd end;              ///< port 0: any
  std::uint8_t prefix = 255;  ///< as SocketFilter::peer_prefix: 255 is the whole address

  bool operator==(const PeerWord&) const = default;
};

/// Numbers only: names are not looked up. Errors: kUsage "invalid_peer", with a caret.
Result<PeerWord> ParsePeer(std::string_view text);

}  // namespace tunewire
