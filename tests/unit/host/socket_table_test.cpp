// The kernel's table of sockets against what each socket says of itself.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "host/decode_tcp_info.h"
#include "support/loopback_sockets.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

using loopback::CookieOfFd;
using loopback::Family;
using loopback::InodeOfFd;
using loopback::LocalOf;
using loopback::Pair;
using loopback::PeerOf;

using Table = std::map<std::uint64_t, SocketInfo>;

std::unique_ptr<SocketSource> Source() {
  auto source = LinuxSockets();
  REQUIRE(source.has_value());
  return std::move(*source);
}

Table Dump(const SocketFilter& filter) {
  Table table;
  std::size_t taken = 0;
  const auto dump = Source()->Dump(filter, [&](std::span<const std::byte> raw) {
    ++taken;
    const auto socket = DecodeSocket(raw);
    REQUIRE(socket.has_value());
    table[socket->cookie] = *socket;
  });
  REQUIRE(dump.has_value());
  CHECK(dump->seen == taken);
  CHECK_FALSE(dump->partial);
  return table;
}

Table Ask(const std::vector<SocketName>& names) {
  Table table;
  const auto dump = Source()->Ask(names, [&](std::span<const std::byte> raw) {
    const auto socket = DecodeSocket(raw);
    REQUIRE(socket.has_value());
    table[socket->cookie] = *socket;
  });
  REQUIRE(dump.has_value());
  CHECK_FALSE(dump->partial);
  CHECK(dump->seen == table.size());
  return table;
}

SocketInfo InTable(int fd) {
  const Table table = Dump({});
  const auto found = table.find(CookieOfFd(fd));
  REQUIRE(found != table.end());
  return found->second;
}

TcpInfo InfoOf(int fd) {
  std::array<std::byte, kTcpInfoRoom> room;
  socklen_t size = room.size();
  REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_INFO, room.data(), &size) == 0);
  return DecodeTcpInfo(std::span(room).first(size));
}

SocketName NameOf(const SocketInfo& socket) {
  return {.local = socket.local,
          .remote = socket.remote,
          .cookie = socket.cookie,
          .interface = socket.interface};
}

/// Other programs' sockets, and what earlier tests left in TIME_WAIT, may be of the same port.
bool AllOfPort(const Table& table, std::uint16_t port) {
  return std::ranges::all_of(table, [&](const auto& entry) {
    return entry.second.local.port == port || entry.second.remote.port == port;
  });
}

bool AllOfPeer(const Table& table, const SocketEnd& peer) {
  return std::ranges::all_of(table, [&](const auto& entry) {
    const SocketEnd& remote = entry.second.remote;
    return remote.Host() == peer.Host() && remote.port == peer.port;
  });
}

std::size_t FieldsOf(const TcpInfo& info) {
  return static_cast<std::size_t>(info.rtt.has_value()) + info.notsent_bytes.has_value() +
         info.snd_wnd.has_value() + info.total_rto.has_value() + info.rwnd_limited.has_value();
}

}  // namespace

TEST_CASE("socket table: both ends of a connection are as they say themselves") {
  for (const Family family : {Family::kV4, Family::kV6, Family::kMapped}) {
    CAPTURE(static_cast<int>(family));
    const Pair pair(family);
    const Table table = Dump({});
    for (const int fd : {pair.client.get(), pair.server.get()}) {
      const auto found = table.find(CookieOfFd(fd));
      REQUIRE(found != table.end());
      const SocketInfo& socket = found->second;
      CHECK(socket.state == TcpState::kEstablished);
      CHECK(socket.local == LocalOf(fd));
      CHECK(socket.remote == PeerOf(fd));
      CHECK(socket.inode == InodeOfFd(fd));
      CHECK(socket.uid == ::getuid());
      CHECK(socket.local.IsLoopback());
    }
  }
}

TEST_CASE("socket table: TCP_INFO, memory, congestion control and TOS are the socket's own") {
  const Pair pair;
  const int tos = 0x10;
  REQUIRE(::setsockopt(pair.client.get(), IPPROTO_IP, IP_TOS, &tos, sizeof tos) == 0);
  REQUIRE(::setsockopt(pair.client.get(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4) == 0);
  REQUIRE(::send(pair.client.get(), "hello", 5, 0) == 5);
  const SocketInfo socket = InTable(pair.client.get());
  const TcpInfo own = InfoOf(pair.client.get());
  CHECK(socket.tcp.rtt == own.rtt);
  CHECK(socket.tcp.snd_mss == own.snd_mss);
  CHECK(socket.tcp.bytes_sent == own.bytes_sent);
  CHECK(socket.tcp.snd_wnd == own.snd_wnd);
  CHECK(socket.tcp.options == own.options);
  CHECK(FieldsOf(socket.tcp) == FieldsOf(own));
  CHECK(socket.congestion_control == "reno");
  CHECK(socket.tos == tos);
  CHECK(socket.shutdown == 0);
  REQUIRE(socket.memory.has_value());
  std::uint32_t sndbuf = 0;
  socklen_t size = sizeof sndbuf;
  REQUIRE(::getsockopt(pair.client.get(), SOL_SOCKET, SO_SNDBUF, &sndbuf, &size) == 0);
  CHECK(socket.memory->sndbuf == sndbuf);
  CHECK(socket.cgroup.has_value());
}

TEST_CASE("socket table: what waits to be read and to be acknowledged") {
  const Pair pair;
  const std::string text(1000, 'x');
  REQUIRE(::send(pair.client.get(), text.data(), text.size(), 0) == 1000);
  CHECK(InTable(pair.server.get()).receive_queue == 1000);
  // Corked: less than a segment stays.
  const int on = 1;
  REQUIRE(::setsockopt(pair.server.get(), IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0);
  REQUIRE(::send(pair.server.get(), text.data(), 700, 0) == 700);
  const SocketInfo socket = InTable(pair.server.get());
  CHECK(socket.send_queue == 700);
  CHECK(socket.tcp.notsent_bytes == 700);
}

TEST_CASE("socket table: a listener's queue, backlog and state") {
  const UniqueFd listener = loopback::Listen(Family::kV4, 7);
  const UniqueFd waits = loopback::Connect(Family::kV4, LocalOf(listener.get()).port);
  const SocketInfo socket = InTable(listener.get());
  CHECK(socket.state == TcpState::kListen);
  CHECK(socket.receive_queue == 1);
  CHECK(socket.send_queue == 7);
  CHECK(socket.remote.port == 0);
}

TEST_CASE("socket table: every state that two programs can leave a connection in") {
  const Pair closing;
  REQUIRE(::shutdown(closing.client.get(), SHUT_WR) == 0);
  const SocketInfo half = InTable(closing.client.get());
  // The peer's kernel may delay its ACK of the FIN.
  CHECK((half.state == TcpState::kFinWait1 || half.state == TcpState::kFinWait2));
  CHECK(half.shutdown == 2);
  CHECK(InTable(closing.server.get()).state == TcpState::kCloseWait);

  Pair waiting;
  const SocketEnd local = LocalOf(waiting.client.get());
  waiting.client.Reset();
  waiting.server.Reset();
  const Table table = Dump({.states = 1U << static_cast<unsigned>(TcpState::kTimeWait),
                            .port = local.port,
                            .peer = {},
                            .peer_prefix = 255});
  const auto left =
      std::ranges::find_if(table, [&](const auto& entry) { return entry.second.local == local; });
  REQUIRE(left != table.end());
  CHECK(left->second.state == TcpState::kTimeWait);
  CHECK(left->second.timer == SocketTimer::kTimeWait);
  CHECK(left->second.timer_ms > 0);
  CHECK(left->second.inode == 0);
  CHECK_FALSE(left->second.memory.has_value());

  // A full queue leaves the next connection in SYN_SENT; nobody ever answers it.
  const UniqueFd full = loopback::Listen(Family::kV4, 0);
  const UniqueFd first = loopback::Connect(Family::kV4, LocalOf(full.get()).port);
  const UniqueFd second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = loopback::AddressOf(Family::kV4, LocalOf(full.get()).port);
  REQUIRE(::connect(second.get(), address.generic(), address.size) == -1);
  CHECK(InTable(second.get()).state == TcpState::kSynSent);
  CHECK(InTable(full.get()).receive_queue > InTable(full.get()).send_queue);
}

TEST_CASE("socket table: states are filtered in the request") {
  const Pair pair;
  const Table listeners = Dump({.states = kListenOnly, .port = {}, .peer = {}});
  CHECK(listeners.contains(CookieOfFd(pair.listener.get())));
  CHECK_FALSE(listeners.contains(CookieOfFd(pair.client.get())));
  const Table connections = Dump({.states = kConnections, .port = {}, .peer = {}});
  CHECK(connections.contains(CookieOfFd(pair.client.get())));
  CHECK_FALSE(connections.contains(CookieOfFd(pair.listener.get())));
}

TEST_CASE("socket table: the kernel takes the filter for a port at either side") {
  const Pair pair;
  const Pair other;
  const std::uint16_t port = LocalOf(pair.client.get()).port;
  const Table table = Dump({.port = port, .peer = {}});
  CHECK(AllOfPort(table, port));
  CHECK(table.contains(CookieOfFd(pair.client.get())));
  CHECK(table.contains(CookieOfFd(pair.server.get())));
  const std::uint16_t served = LocalOf(pair.listener.get()).port;
  const Table serving = Dump({.port = served, .peer = {}});
  CHECK(AllOfPort(serving, served));
  for (const int fd : {pair.client.get(), pair.server.get(), pair.listener.get()}) {
    CHECK(serving.contains(CookieOfFd(fd)));
  }
}

TEST_CASE("socket table: the kernel takes the filter for a peer, by prefix and by port") {
  const Pair four(Family::kV4);
  const Pair six(Family::kV6);
  const Pair mapped(Family::kMapped);
  SocketEnd peer = PeerOf(four.client.get());
  peer.port = 0;
  peer.address[3] = 200;  // outside the prefix
  Table table = Dump({.states = kConnections, .port = {}, .peer = peer, .peer_prefix = 8});
  CHECK(table.contains(CookieOfFd(four.client.get())));
  CHECK(table.contains(CookieOfFd(mapped.client.get())));
  CHECK_FALSE(table.contains(CookieOfFd(six.client.get())));
  table = Dump({.states = kConnections, .port = {}, .peer = peer, .peer_prefix = 255});
  CHECK_FALSE(table.contains(CookieOfFd(four.client.get())));

  const SocketEnd exact = PeerOf(six.client.get());
  table = Dump({.port = {}, .peer = exact});
  CHECK(AllOfPeer(table, exact));
  CHECK(table.contains(CookieOfFd(six.client.get())));
  CHECK_FALSE(table.contains(CookieOfFd(six.server.get())));

  // The same address, told as IPv4-mapped.
  table = Dump({.port = {}, .peer = PeerOf(mapped.server.get())});
  CHECK(AllOfPeer(table, PeerOf(mapped.server.get())));
  CHECK(table.contains(CookieOfFd(mapped.server.get())));
  // A port and a peer together.
  const std::uint16_t port = LocalOf(four.server.get()).port;
  table = Dump({.port = port, .peer = PeerOf(four.server.get())});
  CHECK(AllOfPort(table, port));
  CHECK(AllOfPeer(table, PeerOf(four.server.get())));
  CHECK(table.contains(CookieOfFd(four.server.get())));
  CHECK_FALSE(Dump({.port = port, .peer = exact}).contains(CookieOfFd(six.client.get())));
}

TEST_CASE("socket table: asking by name finds those that are there") {
  for (const Family family : {Family::kV4, Family::kV6, Family::kMapped}) {
    CAPTURE(static_cast<int>(family));
    Pair pair(family);
    std::vector<SocketName> names;
    for (const int fd : {pair.client.get(), pair.server.get(), pair.listener.get()}) {
      names.push_back(NameOf(InTable(fd)));
    }
    CHECK(Ask(names).size() == 3);
    SocketName impostor = names[0];
    ++impostor.cookie;
    CHECK(Ask({impostor}).empty());
    const linger abort{.l_onoff = 1, .l_linger = 0};
    REQUIRE(::setsockopt(pair.client.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort) == 0);
    pair.client.Reset();
    pair.server.Reset();
    const Table left = Ask(names);
    CHECK(left.size() == 1);
    CHECK(left.contains(CookieOfFd(pair.listener.get())));
  }
}

TEST_CASE("socket table: many names, each answered once") {
  std::vector<Pair> pairs(60);
  const Table all = Dump({});
  std::vector<SocketName> names;
  for (const Pair& pair : pairs) {
    names.push_back(NameOf(all.at(CookieOfFd(pair.client.get()))));
    names.push_back(NameOf(all.at(CookieOfFd(pair.server.get()))));
  }
  std::size_t answers = 0;
  const auto dump = Source()->Ask(names, [&](std::span<const std::byte>) { ++answers; });
  REQUIRE(dump.has_value());
  CHECK(answers == 120);
  CHECK(Ask(names).size() == 120);
  CHECK(Ask({}).empty());
}

TEST_CASE("socket table: listeners that share a port are each found by name") {
  const int on = 1;
  std::vector<UniqueFd> group;
  loopback::Address address = loopback::AddressOf(Family::kV4, 0);
  for (int i = 0; i < 4; ++i) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
    REQUIRE(::bind(fd.get(), address.generic(), address.size) == 0);
    REQUIRE(::listen(fd.get(), 8) == 0);
    REQUIRE(::getsockname(fd.get(), address.generic(), &address.size) == 0);
    group.push_back(std::move(fd));
  }
  std::vector<SocketName> names;
  for (const UniqueFd& fd : group) names.push_back(NameOf(InTable(fd.get())));
  CHECK(Ask(names).size() == group.size());
}

}  // namespace tunewire
