// libFuzzer entry for what sock_diag(7) and /proc/net/tcp hand out: no input may crash the readers,
// and the store gives back what it was given.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "host/decode_inet_diag.h"
#include "host/decode_socket.h"
#include "host/netlink_messages.h"
#include "tunewire/host/socket_store.h"
#include "tunewire/host/socket_table.h"

namespace {

using namespace tunewire;

void Look(SocketStore& store, std::span<const std::byte> raw) {
  const auto socket = DecodeSocket(raw);
  if (socket.has_value() != CookieOf(raw).has_value()) std::abort();
  if (!socket) return;
  if (socket->tcp.rtt && raw.size() < 72 + 72) std::abort();
  const auto number = store.Put(raw);
  if (!number) return;
  if (!std::ranges::equal(store.LastRaw(*number), raw)) std::abort();
  static_cast<void>(store.First(*number));
  static_cast<void>(socket->local.Text() + socket->remote.Text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  SocketStore store;
  Look(store, bytes);
  DecodeListener(bytes);
  std::span<const std::byte> datagram = bytes;
  while (const auto message = TakeMessage(datagram)) {
    static_cast<void>(message->OsError());
    Look(store, message->payload);
  }
  const auto states = DecodeAckStates({reinterpret_cast<const char*>(data), size});
  if (states.size() > size) std::abort();
  return 0;
}
