#include "host/decode_inet_diag.h"

#include "tunewire/host/socket_table.h"

namespace tunewire {

std::optional<Listener> DecodeListener(std::span<const std::byte> payload) {
  auto socket = DecodeSocket(payload);
  if (!socket || socket->state != TcpState::kListen) return std::nullopt;
  return Listener{.address = socket->local.Host(),
                  .port = socket->local.port,
                  .backlog = socket->send_queue,
                  .queue = socket->receive_queue,
                  .inode = socket->inode,
                  .congestion_control = std::move(socket->congestion_control)};
}

}  // namespace tunewire
