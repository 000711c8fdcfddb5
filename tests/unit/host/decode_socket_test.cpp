#include <doctest/doctest.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include <array>
#include <random>
#include <span>
#include <vector>

#include "host/decode_socket.h"
#include "host/netlink_messages.h"
#include "support/diag_bytes.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

using diag::BytesOf;
using diag::Payload;

tcp_info Info() {
  tcp_info info{};
  info.tcpi_state = 1;
  info.tcpi_rtt = 250;
  info.tcpi_unacked = 1;
  info.tcpi_notsent_bytes = 1000;
  info.tcpi_snd_wnd = 65535;
  return info;
}

std::vector<std::byte> Grown(std::vector<std::byte> bytes, std::size_t more) {
  bytes.resize(bytes.size() + more, std::byte{0xEE});
  return bytes;
}

std::vector<std::byte> Cut(std::vector<std::byte> bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

}  // namespace

TEST_CASE("socket bytes: the fixed part") {
  const auto socket = DecodeSocket(Payload().bytes());
  REQUIRE(socket.has_value());
  CHECK(socket->cookie == 0x100001234);
  CHECK(socket->inode == 77);
  CHECK(socket->uid == 1000);
  CHECK(socket->state == TcpState::kEstablished);
  CHECK(socket->local.Text() == "10.0.0.9:8080");
  CHECK(socket->remote.Text() == "192.168.1.2:40000");
  CHECK(socket->interface == 3);
  CHECK(socket->receive_queue == 5);
  CHECK(socket->send_queue == 6);
  CHECK(socket->timer == SocketTimer::kRetransmit);
  CHECK(socket->timer_ms == 200);
  CHECK(socket->retransmits == 2);
  CHECK(socket->tcp == TcpInfo());
  CHECK_FALSE(socket->memory.has_value());
  CHECK_FALSE(socket->mark.has_value());
  CHECK(CookieOf(Payload().bytes()) == socket->cookie);
}

TEST_CASE("socket bytes: every attribute") {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::uint32_t>(i + 1);
  Payload payload;
  payload.Add(INET_DIAG_SHUTDOWN, {std::byte{3}})
      .Add(INET_DIAG_TOS, {std::byte{0x10}})
      .Add(INET_DIAG_SKMEMINFO, BytesOf(memory))
      .Add(INET_DIAG_INFO, BytesOf(Info()))
      .Add(INET_DIAG_CONG, BytesOf("bbr"))
      .Add(INET_DIAG_MARK, BytesOf(std::uint32_t{7}))
      .Add(INET_DIAG_CGROUP_ID, BytesOf(std::uint64_t{1} << 40U));
  const auto socket = DecodeSocket(payload.bytes());
  REQUIRE(socket.has_value());
  CHECK(socket->shutdown == 3);
  CHECK(socket->tos == 0x10);
  CHECK(socket->memory == SocketMemory{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(socket->tcp.notsent_bytes == 1000);
  CHECK(socket->congestion_control == "bbr");
  CHECK(socket->mark == 7);
  CHECK(socket->cgroup == std::uint64_t{1} << 40U);
}

TEST_CASE("socket bytes: a shorter tcp_info has fewer fields, a longer one as many as are known") {
  const auto whole = BytesOf(Info());
  const auto older = DecodeSocket(Payload().Add(INET_DIAG_INFO, Cut(whole, 104)).bytes());
  REQUIRE(older.has_value());
  CHECK(older->tcp.rtt == 250);
  CHECK_FALSE(older->tcp.notsent_bytes.has_value());
  const auto newer = DecodeSocket(Payload()
                                      .Add(INET_DIAG_INFO, Grown(whole, 200))
                                      .Add(INET_DIAG_CONG, BytesOf("reno"))
                                      .bytes());
  REQUIRE(newer.has_value());
  CHECK(newer->tcp.snd_wnd == 65535);
  CHECK(newer->congestion_control == "reno");
  CHECK(DecodeSocket(Payload().Add(INET_DIAG_INFO, {}).bytes())->tcp == TcpInfo());
}

TEST_CASE("socket bytes: memory of an older kernel ends earlier; of none is none") {
  const auto memory = BytesOf(std::array<std::uint32_t, 2>{10, 20});
  CHECK(DecodeSocket(Payload().Add(INET_DIAG_SKMEMINFO, memory).bytes())->memory ==
        SocketMemory{10, 20});
  CHECK(DecodeSocket(Payload().Add(INET_DIAG_SKMEMINFO, Grown(memory, 3)).bytes())->memory ==
        SocketMemory{10, 20});
  CHECK_FALSE(DecodeSocket(Payload().Add(INET_DIAG_SKMEMINFO, {}).bytes())->memory.has_value());
}

TEST_CASE("socket bytes: unknown attributes are passed over, short ones are absent") {
  const auto socket = DecodeSocket(Payload()
                                       .Add(200, Grown({}, 33))
                                       .Add(INET_DIAG_MARK, Grown({}, 3))
                                       .Add(INET_DIAG_CGROUP_ID, Grown({}, 7))
                                       .Add(INET_DIAG_TOS, {})
                                       .Add(INET_DIAG_BBRINFO, Grown({}, 20))
                                       .Add(INET_DIAG_SHUTDOWN | NLA_F_NESTED, {std::byte{2}})
                                       .bytes());
  REQUIRE(socket.has_value());
  CHECK_FALSE(socket->mark.has_value());
  CHECK_FALSE(socket->cgroup.has_value());
  CHECK_FALSE(socket->tos.has_value());
  CHECK(socket->shutdown == 2);
}

TEST_CASE("socket bytes: an attribute with an impossible length ends them") {
  auto bytes = Payload().Add(INET_DIAG_TOS, {std::byte{8}}).bytes();
  const std::size_t good = bytes.size();
  for (const unsigned length : {0U, 3U, 9U, 60000U}) {
    bytes.resize(good);
    nlattr header{};
    header.nla_len = static_cast<__u16>(length);
    header.nla_type = INET_DIAG_SHUTDOWN;
    const auto head = BytesOf(header);
    bytes.insert(bytes.end(), head.begin(), head.end());
    bytes.push_back(std::byte{1});
    const auto socket = DecodeSocket(bytes);
    REQUIRE(socket.has_value());
    CHECK(socket->tos == 8);
    CHECK_FALSE(socket->shutdown.has_value());
  }
}

TEST_CASE("socket bytes: a congestion control without an end ends with its attribute") {
  CHECK(DecodeSocket(Payload().Add(INET_DIAG_CONG, Cut(BytesOf("cubic"), 5)).bytes())
            ->congestion_control == "cubic");
  CHECK(DecodeSocket(Payload().Add(INET_DIAG_CONG, {}).bytes())->congestion_control.empty());
}

TEST_CASE("socket bytes: TOS of IPv4-mapped peers, traffic class of others") {
  inet_diag_msg message = diag::Message();
  message.idiag_family = AF_INET6;
  const auto decoded = [&] {
    return DecodeSocket(Payload(message)
                            .Add(INET_DIAG_TOS, {std::byte{0x10}})
                            .Add(INET_DIAG_TCLASS, {std::byte{0x20}})
                            .bytes());
  };
  CHECK(decoded()->tos == 0x20);
  message.id.idiag_dst[0] = 0;
  message.id.idiag_dst[1] = 0;
  message.id.idiag_dst[2] = htonl(0xFFFF);
  message.id.idiag_dst[3] = htonl(0x0A000001);
  CHECK(decoded()->tos == 0x10);
  CHECK(decoded()->remote.Text() == "10.0.0.1:40000");
  CHECK(decoded()->remote.v6);
}

TEST_CASE("socket bytes: too short, another family, numbers nobody knows") {
  for (std::size_t size = 0; size < sizeof(inet_diag_msg); ++size) {
    CHECK_FALSE(DecodeSocket(Cut(Payload().bytes(), size)).has_value());
    CHECK_FALSE(CookieOf(Cut(Payload().bytes(), size)).has_value());
  }
  inet_diag_msg message = diag::Message();
  message.idiag_family = AF_UNIX;
  CHECK_FALSE(DecodeSocket(Payload(message).bytes()).has_value());
  message = diag::Message();
  message.idiag_state = 13;
  message.idiag_timer = 5;
  const auto socket = DecodeSocket(Payload(message).bytes());
  REQUIRE(socket.has_value());
  CHECK(socket->state == TcpState::kUnknown);
  CHECK(socket->timer == SocketTimer::kNone);
}

TEST_CASE("socket bytes: any bytes behind the fixed part") {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes = Payload().bytes();
    for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<std::byte>(byte(random)));
    const auto socket = DecodeSocket(bytes);
    REQUIRE(socket.has_value());
    CHECK(socket->inode == 77);
    CHECK(socket->congestion_control.size() < 200);
  }
}

TEST_CASE("socket states and ends have the names of the RFC") {
  CHECK(NameOf(TcpState::kCloseWait) == "CLOSE_WAIT");
  CHECK(NameOf(TcpState::kFinWait1) == "FIN_WAIT_1");
  CHECK(NameOf(TcpState::kListen) == "LISTEN");
  CHECK(NameOf(TcpState::kSynReceived) == "SYN_RECEIVED");
  CHECK(NameOf(static_cast<TcpState>(200)) == "UNKNOWN");
  SocketEnd end{.address = {}, .v6 = true, .port = 80};
  CHECK(end.Text() == "[::]:80");
  CHECK_FALSE(end.IsLoopback());
  end.address[15] = 1;
  CHECK(end.Text() == "[::1]:80");
  CHECK(end.Host() == "::1");
  CHECK(end.IsLoopback());
  end.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 1, 2, 3};
  CHECK(end.Text() == "127.1.2.3:80");
  CHECK(end.IsLoopback());
  // The first bytes of an IPv6 address are no IPv4 address.
  end.address = {127};
  CHECK_FALSE(end.IsLoopback());
}

TEST_CASE("netlink messages: several in a datagram, and what stands behind an impossible length") {
  std::vector<std::byte> datagram;
  const auto append = [&](std::uint32_t length, std::uint16_t type, std::size_t payload) {
    nlmsghdr header{};
    header.nlmsg_len = length;
    header.nlmsg_type = type;
    header.nlmsg_seq = 9;
    const auto bytes = BytesOf(header);
    datagram.insert(datagram.end(), bytes.begin(), bytes.end());
    datagram.resize(datagram.size() + payload);
  };
  append(sizeof(nlmsghdr) + 5, 20, 8);
  append(sizeof(nlmsghdr) + 4, NLMSG_DONE, 4);
  append(1000, 20, 0);
  std::span<const std::byte> rest(datagram);
  auto message = TakeMessage(rest);
  REQUIRE(message.has_value());
  CHECK(message->type == 20);
  CHECK(message->sequence == 9);
  CHECK(message->payload.size() == 5);
  message = TakeMessage(rest);
  REQUIRE(message.has_value());
  CHECK(message->OsError() == 0);
  CHECK_FALSE(TakeMessage(rest).has_value());
  CHECK(rest.size() == sizeof(nlmsghdr));
}

TEST_CASE("netlink messages: the errno they carry") {
  const auto error = [](int code) {
    const auto bytes = BytesOf(code);
    return NetlinkMessage{.type = NLMSG_ERROR, .payload = bytes}.OsError();
  };
  CHECK(error(-ENOENT) == ENOENT);
  CHECK(error(0) == 0);
  CHECK(error(5) == 0);
  CHECK(NetlinkMessage{.type = NLMSG_ERROR, .payload = {}}.OsError() == EPROTO);
  CHECK(NetlinkMessage{.type = NLMSG_DONE, .payload = {}}.OsError() == 0);
}

}  // namespace tunewire
