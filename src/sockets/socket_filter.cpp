#include "sockets/socket_filter.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "host/socket_end.h"

namespace tunewire {
namespace {

constexpr std::size_t kMappedBits = 96;

using Bytes = std::span<const std::uint8_t>;

bool SameBits(Bytes a, Bytes b, std::size_t bits) {
  for (std::size_t at = 0; at * 8 < bits; ++at) {
    const std::size_t left = std::min<std::size_t>(bits - at * 8, 8);
    const auto mask = static_cast<unsigned>(0xff00U >> left) & 0xffU;
    if (((a[at] ^ b[at]) & mask) != 0) return false;
  }
  return true;
}

bool IsFour(const SocketEnd& end) { return !end.v6 || IsMappedV4(end); }

Bytes FourOf(const SocketEnd& end) {
  return end.v6 ? Bytes(end.address).last(4) : Bytes(end.address).first(4);
}

bool SameHost(const SocketEnd& end, const SocketEnd& peer, std::uint8_t prefix) {
  if (!peer.v6)
    return IsFour(end) && SameBits(FourOf(end), FourOf(peer), std::min<std::size_t>(prefix, 32));
  const std::size_t bits = std::min<std::size_t>(prefix, 128);
  if (IsMappedV4(peer) && bits >= kMappedBits) {
    return IsFour(end) && SameBits(FourOf(end), FourOf(peer), bits - kMappedBits);
  }
  return end.v6 && SameBits(end.address, peer.address, bits);
}

}  // namespace

bool Passes(const SocketGlance& socket, const SocketFilter& filter) {
  if ((filter.states & BitOf(socket.state)) == 0) return false;
  if (filter.port && socket.local.port != *filter.port && socket.remote.port != *filter.port) {
    return false;
  }
  if (!filter.peer) return true;
  if (filter.peer->port != 0 && filter.peer->port != socket.remote.port) return false;
  return SameHost(socket.remote, *filter.peer, filter.peer_prefix);
}

}  // namespace tunewire
