#include "tunewire/host/source_ports.h"

#include <doctest/doctest.h>

#include "host/decode_ports.h"
#include "host/stream_socket.h"

namespace tunewire {
namespace {

constexpr PortRange kRange{32768, 60999};

}  // namespace

TEST_CASE("source ports: the range") {
  CHECK(DecodePortRange("32768\t60999\n") == kRange);
  CHECK(DecodePortRange("1 1") == PortRange{1, 1});
  for (const char* wrong : {"", "1", "2 1", "1 2 3", "1 65536", "-1 5", "a b"}) {
    CAPTURE(wrong);
    CHECK_FALSE(DecodePortRange(wrong).has_value());
  }
}

TEST_CASE("source ports: reserved ones count where they lie in the range") {
  CHECK(CountReservedPorts("\n", kRange) == 0);
  CHECK(CountReservedPorts("8080\n", kRange) == 0);
  CHECK(CountReservedPorts("8080,32768,40000-40009\n", kRange) == 11);
  CHECK(CountReservedPorts("32000-32769,60999-65535\n", kRange) == 3);
  CHECK(CountReservedPorts("1-65535", kRange) == 28232);
  CHECK_FALSE(CountReservedPorts("x", kRange).has_value());
  CHECK_FALSE(CountReservedPorts("5-4", kRange).has_value());
  CHECK_FALSE(CountReservedPorts("5,", kRange).has_value());
}

TEST_CASE("source ports: sockets in TIME_WAIT") {
  CHECK(DecodeTimeWait("sockets: used 29\nTCP: inuse 11 orphan 29 tw 771 alloc 40 mem 256\n") ==
        771);
  CHECK_FALSE(DecodeTimeWait("UDP: inuse 0 mem 0\n").has_value());
  CHECK_FALSE(DecodeTimeWait("TCP: inuse 0 tw").has_value());
  CHECK_FALSE(DecodeTimeWait("TCP: inuse 0 tw x").has_value());
}

TEST_CASE("source ports: of this host") {
  const auto loopback = ReadSourcePorts(*SourceAddress("127.0.0.9"));
  REQUIRE(loopback.has_value());
  CHECK(loopback->loopback);
  CHECK(loopback->first <= loopback->last);
  CHECK(loopback->usable() <= 65536);
  CHECK(ReadSourcePorts(*SourceAddress("::1"))->loopback);
  CHECK(ReadSourcePorts(*SourceAddress("::ffff:127.0.0.1"))->loopback);
  CHECK_FALSE(ReadSourcePorts(*SourceAddress("192.0.2.1"))->loopback);
  CHECK_FALSE(ReadSourcePorts(*SourceAddress("2001:db8::1"))->loopback);
}

TEST_CASE("source ports: reuse, by destination") {
  CHECK(SourcePorts{.time_wait_reuse = 1}.reused());
  CHECK_FALSE(SourcePorts{.time_wait_reuse = 2}.reused());
  CHECK(SourcePorts{.time_wait_reuse = 2, .loopback = true}.reused());
  CHECK_FALSE(SourcePorts{.time_wait_reuse = 0, .loopback = true}.reused());
}

}  // namespace tunewire
