#include "tunewire/host/port_use.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "host/decode_ports.h"

namespace tunewire {
namespace {

SocketEnd End(std::uint8_t last, std::uint16_t port) {
  SocketEnd end;
  end.address = {10, 0, 0, last};
  end.port = port;
  return end;
}

SocketInfo Connection(std::uint8_t source, std::uint16_t port, TcpState state) {
  SocketInfo socket;
  socket.local = End(source, port);
  socket.remote = End(99, 80);
  socket.state = state;
  return socket;
}

PortCount Count(std::vector<std::string> sources) {
  ChoosablePorts ports(65536);
  for (std::size_t port = 40000; port < 40010; ++port) ports[port] = port != 40005;
  return {std::move(ports), std::move(sources)};
}

}  // namespace

TEST_CASE("port use: what is outside the range or reserved does not count") {
  const std::vector<std::uint16_t> ports{39999, 40000, 40005, 40009, 40010};
  PortCount connections = Count({}), held = Count({});
  for (const std::uint16_t port : ports) {
    connections.TakeConnection(Connection(1, port, TcpState::kEstablished));
    held.TakeBound(Connection(1, port, TcpState::kListen));
  }
  CHECK(connections.Sum() == PortUse{2, 0, 0, 2, 2});
  CHECK(held.Sum() == PortUse{0, 0, 2});
}

TEST_CASE("port use: what a dual-stack socket shows is the same pair") {
  const auto mapped = [](const SocketEnd& end) {
    SocketEnd six{.v6 = true, .port = end.port};
    six.address[10] = six.address[11] = 0xff;
    std::copy_n(end.address.begin(), 4, six.address.begin() + 12);
    return six;
  };
  PortCount count = Count({});
  count.TakeConnection(Connection(1, 40001, TcpState::kEstablished));
  SocketInfo dual = Connection(1, 40002, TcpState::kEstablished);
  dual.local = mapped(dual.local);
  dual.remote = mapped(dual.remote);
  count.TakeConnection(dual);
  CHECK(count.Sum() == PortUse{2, 0, 0, 2, 2});
}

TEST_CASE("port use: TIME_WAIT is in use, a port seen twice counts once") {
  PortCount count = Count({});
  count.TakeConnection(Connection(1, 40001, TcpState::kTimeWait));
  count.TakeConnection(Connection(1, 40002, TcpState::kFinWait2));
  count.TakeConnection(Connection(1, 40002, TcpState::kFinWait2));
  count.TakeConnection(Connection(2, 40002, TcpState::kTimeWait));
  CHECK(count.Sum() == PortUse{3, 2, 0, 2, 1});
}

TEST_CASE("port use: a port that a listener holds is not counted a second time") {
  PortCount count = Count({});
  count.TakeConnection(Connection(1, 40001, TcpState::kEstablished));
  count.TakeBound(Connection(1, 40001, TcpState::kListen));
  count.TakeBound(Connection(2, 40001, TcpState::kListen));
  CHECK(count.Sum() == PortUse{0, 0, 1});
}

TEST_CASE("port use: the busiest pair, with and without TIME_WAIT") {
  PortCount count = Count({});
  for (const std::uint16_t port : std::vector<std::uint16_t>{40000, 40001, 40002}) {
    count.TakeConnection(Connection(1, port, TcpState::kTimeWait));
  }
  count.TakeConnection(Connection(2, 40001, TcpState::kEstablished));
  count.TakeConnection(Connection(2, 40002, TcpState::kEstablished));
  CHECK(count.Sum() == PortUse{5, 3, 0, 3, 2});
}

TEST_CASE("port use: where bind chooses a port counts once for whomever it leads to") {
  PortCount count = Count({"10.0.0.1"});
  SocketInfo elsewhere = Connection(1, 40001, TcpState::kEstablished);
  elsewhere.remote = End(98, 443);
  count.TakePortOf(elsewhere);
  count.TakePortOf(Connection(1, 40001, TcpState::kEstablished));
  count.TakePortOf(Connection(1, 40002, TcpState::kTimeWait));
  count.TakePortOf(Connection(2, 40003, TcpState::kEstablished));
  CHECK(count.Sum().in_use == 2);
}

TEST_CASE("port use: only the asked sources") {
  PortCount count = Count({"10.0.0.2", "10.0.0.3"});
  for (const std::uint8_t source : std::vector<std::uint8_t>{1, 2, 3}) {
    count.TakeConnection(Connection(source, 40001, TcpState::kEstablished));
  }
  CHECK(count.Sum().in_use == 2);
}

TEST_CASE("port lists") {
  CHECK(DecodePortList("\n")->empty());
  CHECK(*DecodePortList("80,9000-9010\n") == std::vector<PortRange>{{80, 80}, {9000, 9010}});
  for (const char* wrong : {"x", "5-4", "5,", "65536"}) {
    CAPTURE(wrong);
    CHECK_FALSE(DecodePortList(wrong).has_value());
  }
}

}  // namespace tunewire
