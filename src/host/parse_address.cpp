#include "host/parse_address.h"

#include <arpa/inet.h>

#include <string>

namespace tunewire {

std::optional<SocketEnd> ParseAddress(std::string_view text) {
  const std::string terminated(text);
  SocketEnd end;
  end.v6 = text.find(':') != std::string_view::npos;
  if (::inet_pton(end.v6 ? AF_INET6 : AF_INET, terminated.c_str(), end.address.data()) != 1)
    return std::nullopt;
  return end;
}

}  // namespace tunewire
