#include "host/try_bind.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "host/socket_address.h"
#include "host/stream_socket.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

int TryBind(const std::string& address) {
  const Result<SocketAddress> source = SourceAddress(address);
  if (!source) return EINVAL;
  const UniqueFd socket(::socket(FamilyOf(*source), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return errno;
  const int on = 1;
  // IPv6 sockets take the option of this level, too.
  ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return ::bind(socket.get(), Generic(*source), source->length) == 0 ? 0 : errno;
}

}  // namespace tunewire
