#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "host/decode_inet_diag.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/listeners.h"

namespace tunewire {
namespace {

inet_diag_msg Message() {
  inet_diag_msg message{};
  message.idiag_family = AF_INET;
  message.idiag_state = TCP_LISTEN;
  message.id.idiag_sport = htons(8080);
  message.id.idiag_src[0] = htonl(0x7F000001);
  message.idiag_rqueue = 3;
  message.idiag_wqueue = 4096;
  message.idiag_inode = 77;
  return message;
}

std::vector<std::byte> BytesOf(const inet_diag_msg& message) {
  std::vector<std::byte> bytes(sizeof message);
  std::memcpy(bytes.data(), &message, sizeof message);
  return bytes;
}

/// A listener on loopback, and the port the kernel chose.
struct Listening {
  UniqueFd fd;
  std::uint16_t port = 0;

  explicit Listening(int backlog) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd.get(), generic, size) == 0);
    REQUIRE(::listen(fd.get(), backlog) == 0);
    REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
    port = ntohs(address.sin_port);
  }
};

const Listener* Find(const std::vector<Listener>& listeners, std::uint16_t port) {
  const auto found = std::find_if(listeners.begin(), listeners.end(),
                                  [&](const Listener& one) { return one.port == port; });
  return found == listeners.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("listener bytes: IPv4 and IPv6") {
  const auto four = DecodeListener(BytesOf(Message()));
  REQUIRE(four.has_value());
  CHECK(four->address == "127.0.0.1");
  CHECK(four->port == 8080);
  CHECK(four->backlog == 4096);
  CHECK(four->queue == 3);
  CHECK(four->inode == 77);
  inet_diag_msg message = Message();
  message.idiag_family = AF_INET6;
  std::memset(message.id.idiag_src, 0, sizeof message.id.idiag_src);
  CHECK(DecodeListener(BytesOf(message))->address == "::");
}

TEST_CASE("listener bytes: short, foreign and not listening ones are nothing") {
  const std::vector<std::byte> whole = BytesOf(Message());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(DecodeListener(std::span(whole).first(size)).has_value());
  }
  std::vector<std::byte> longer = whole;
  longer.resize(whole.size() + 13);
  CHECK(DecodeListener(longer).has_value());
  inet_diag_msg message = Message();
  message.idiag_family = AF_UNIX;
  CHECK_FALSE(DecodeListener(BytesOf(message)).has_value());
  message = Message();
  message.idiag_state = TCP_ESTABLISHED;
  CHECK_FALSE(DecodeListener(BytesOf(message)).has_value());
}

TEST_CASE("listener bytes: any bytes are survived") {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> bytes(random() % 200);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    if (!bytes.empty() && round % 2 == 0) bytes[0] = static_cast<std::byte>(AF_INET);
    if (const auto listener = DecodeListener(bytes)) CHECK_FALSE(listener->address.empty());
  }
}

TEST_CASE("listeners: a real one with its backlog and queue") {
  const Listening server(7);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const auto source = LinuxListeners();
  const auto listeners = source->Listeners();
  REQUIRE(listeners.has_value());
  const Listener* found = Find(*listeners, server.port);
  REQUIRE(found != nullptr);
  CHECK(found->address == "127.0.0.1");
  CHECK(found->backlog == 7);
  CHECK(found->queue == 1);
  struct stat status {};
  REQUIRE(::fstat(server.fd.get(), &status) == 0);
  CHECK(found->inode == status.st_ino);
  CHECK(std::is_sorted(listeners->begin(), listeners->end(),
                       [](const Listener& a, const Listener& b) { return a.port < b.port; }));
}

}  // namespace tunewire
