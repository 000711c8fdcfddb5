// Real TCP sockets on loopback, for tests that compare what two ways of asking the kernel say.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "tunewire/base/unique_fd.h"
#include "tunewire/host/socket_table.h"

namespace tunewire::loopback {

enum class Family { kV4, kV6, kMapped };  ///< kMapped: IPv6 sockets with IPv4-mapped addresses

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* generic() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

inline int DomainOf(Family family) { return family == Family::kV4 ? AF_INET : AF_INET6; }

inline Address AddressOf(Family family, std::uint16_t port) {
  Address address;
  if (family == Family::kV4) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&address.storage, &four, sizeof four);
    address.size = sizeof four;
    return address;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  const char* const text = family == Family::kV6 ? "::1" : "::ffff:127.0.0.1";
  REQUIRE(::inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
  std::memcpy(&address.storage, &six, sizeof six);
  address.size = sizeof six;
  return address;
}

inline SocketEnd EndOf(const Address& address) {
  SocketEnd end;
  end.v6 = address.storage.ss_family == AF_INET6;
  if (end.v6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address.storage, sizeof six);
    std::memcpy(end.address.data(), &six.sin6_addr, 16);
    end.port = ntohs(six.sin6_port);
  } else {
    sockaddr_in four{};
    std::memcpy(&four, &address.storage, sizeof four);
    std::memcpy(end.address.data(), &four.sin_addr, 4);
    end.port = ntohs(four.sin_port);
  }
  return end;
}

inline SocketEnd LocalOf(int fd) {
  Address address;
  REQUIRE(::getsockname(fd, address.generic(), &address.size) == 0);
  return EndOf(address);
}

inline SocketEnd PeerOf(int fd) {
  Address address;
  REQUIRE(::getpeername(fd, address.generic(), &address.size) == 0);
  return EndOf(address);
}

inline std::uint64_t CookieOfFd(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  REQUIRE(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0);
  return cookie;
}

inline std::uint64_t InodeOfFd(int fd) {
  struct stat status {};
  REQUIRE(::fstat(fd, &status) == 0);
  return status.st_ino;
}

/// Listens on a port that the kernel chose.
inline UniqueFd Listen(Family family, int backlog) {
  UniqueFd fd(::socket(DomainOf(family), SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  const Address address = AddressOf(family, 0);
  REQUIRE(::bind(fd.get(), address.generic(), address.size) == 0);
  REQUIRE(::listen(fd.get(), backlog) == 0);
  return fd;
}

inline UniqueFd Connect(Family family, std::uint16_t port) {
  UniqueFd fd(::socket(DomainOf(family), SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  const Address address = AddressOf(family, port);
  REQUIRE(::connect(fd.get(), address.generic(), address.size) == 0);
  return fd;
}

/// A listener, a connection to it and its other end.
struct Pair {
  explicit Pair(Family family = Family::kV4)
      : listener(Listen(family, 16)),
        client(Connect(family, LocalOf(listener.get()).port)),
        server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)) {
    REQUIRE(server.valid());
  }

  UniqueFd listener, client, server;
};

}  // namespace tunewire::loopback
