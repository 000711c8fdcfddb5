// All options of one socket, as getsockopt(2) and fcntl(2) give them.
#pragma once

#include "tunewire/host/foreign_socket.h"

namespace tunewire {

SocketOptions ReadSocketOptions(int fd);

}  // namespace tunewire
