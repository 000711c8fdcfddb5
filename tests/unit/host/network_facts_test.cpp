#include "tunewire/host/network_facts.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>

#include "host/decode_cpu_set.h"
#include "host/decode_links.h"
#include "host/decode_routes.h"
#include "host/interface_sysfs.h"
#include "support/netlink_bytes.h"

namespace tunewire {
namespace {

using namespace netlink_bytes;
using Word = std::uint32_t;
using Cpus = std::vector<Word>;

ifinfomsg LinkHead() {
  ifinfomsg head{};
  head.ifi_index = 7;
  head.ifi_type = ARPHRD_ETHER;
  head.ifi_flags = IFF_UP;
  return head;
}

Bytes V4(std::uint16_t type, const char* text) {
  in_addr address{};
  ::inet_pton(AF_INET, text, &address);
  return Number(type, address);
}

/// A whole RTM_NEWROUTE.
Bytes Route(rtmsg head, const std::vector<Bytes>& attributes) {
  const Bytes payload = Message(head, attributes);
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWROUTE;
  header.nlmsg_len = static_cast<Word>(sizeof header + payload.size());
  Bytes bytes;
  Append(bytes, &header, sizeof header);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

std::optional<RouteAnswer> Decoded(Bytes bytes) {
  return DecodeRoute(*reinterpret_cast<nlmsghdr*>(bytes.data()));
}

rtmsg RouteHead(unsigned char prefix) {
  rtmsg head{};
  head.rtm_family = AF_INET;
  head.rtm_dst_len = prefix;
  head.rtm_table = RT_TABLE_MAIN;
  head.rtm_type = RTN_UNICAST;
  return head;
}

}  // namespace

TEST_CASE("link facts: a card") {
  rtnl_link_stats64 stats{};
  stats.rx_packets = 11;
  stats.tx_packets = 12;
  stats.rx_errors = 13;
  stats.tx_errors = 14;
  stats.rx_dropped = 15;
  stats.tx_dropped = 16;
  stats.rx_missed_errors = 17;
  stats.rx_fifo_errors = 18;
  stats.rx_nohandler = 19;
  const std::uint8_t mac[]{0x02, 0xfc, 0, 0, 0, 1};
  const auto link = DecodeLinkFacts(Message(
      LinkHead(), {Text(IFLA_IFNAME, "eth0"), Number(IFLA_MTU, Word{1400}),
                   Number(IFLA_TXQLEN, Word{500}), Number(IFLA_CARRIER, std::uint8_t{1}),
                   Text(IFLA_QDISC, "mq"), Attribute(IFLA_ADDRESS, mac, sizeof mac),
                   Text(IFLA_PARENT_DEV_NAME, "0000:01:00.0"), Number(IFLA_STATS64, stats)}));
  REQUIRE(link.has_value());
  const InterfaceFacts& facts = link->facts;
  CHECK(facts.name == "eth0");
  CHECK(facts.index == 7);
  CHECK(facts.up);
  CHECK(facts.carrier);
  CHECK_FALSE(facts.loopback);
  CHECK_FALSE(facts.virtual_device);
  CHECK(facts.mtu == 1400);
  CHECK(facts.tx_queue_length == 500);
  CHECK(facts.qdisc == "mq");
  CHECK(facts.errors == InterfaceErrors{11, 12, 13, 14, 15, 16, 17, 18, 19});
  CHECK(link->hardware_address == "02:fc:00:00:00:01");
  CHECK(facts.speed_mbps.why() == "not looked at");
}

TEST_CASE("link facts: which devices are virtual") {
  const Bytes name = Text(IFLA_IFNAME, "x");
  const auto kind = [](const char* text) {
    return Nest(IFLA_LINKINFO, {Text(IFLA_INFO_KIND, text)});
  };
  const Bytes parent = Text(IFLA_PARENT_DEV_NAME, "0000:02:00.0");
  CHECK(DecodeLinkFacts(Message(LinkHead(), {name, kind("veth")}))->facts.virtual_device);
  // Wi-Fi cards have a kind, "wlan".
  CHECK_FALSE(
      DecodeLinkFacts(Message(LinkHead(), {name, kind("wlan"), parent}))->facts.virtual_device);
  ifinfomsg loopback = LinkHead();
  loopback.ifi_type = ARPHRD_LOOPBACK;
  CHECK(DecodeLinkFacts(Message(loopback, {name}))->facts.virtual_device);
}

TEST_CASE("link facts: counters of older kernels are shorter") {
  rtnl_link_stats64 stats{};
  stats.rx_packets = 3;
  const auto link = DecodeLinkFacts(
      Message(LinkHead(), {Text(IFLA_IFNAME, "x"), Attribute(IFLA_STATS64, &stats, 16)}));
  CHECK(link->facts.errors.rx_packets == 3);
  CHECK(link->facts.errors.rx_no_handler == 0);
  CHECK_FALSE(DecodeLinkFacts(Message(LinkHead(), {})).has_value());
  CHECK_FALSE(DecodeLinkFacts({}).has_value());
}

TEST_CASE("address facts") {
  ifaddrmsg head{};
  head.ifa_family = AF_INET;
  head.ifa_prefixlen = 24;
  head.ifa_index = 9;
  auto address = DecodeAddressFacts(Message(head, {V4(IFA_ADDRESS, "10.0.0.9")}));
  REQUIRE(address.has_value());
  CHECK(address->index == 9);
  CHECK(address->text == "10.0.0.9/24");
  // On a point-to-point link IFA_ADDRESS is the other end's.
  address =
      DecodeAddressFacts(Message(head, {V4(IFA_ADDRESS, "10.0.0.2"), V4(IFA_LOCAL, "10.0.0.1")}));
  CHECK(address->text == "10.0.0.1/24");
  CHECK_FALSE(DecodeAddressFacts(Message(head, {})).has_value());
  head.ifa_family = AF_INET6;
  CHECK_FALSE(DecodeAddressFacts(Message(head, {V4(IFA_ADDRESS, "10.0.0.9")})).has_value());
  in6_addr v6{};
  ::inet_pton(AF_INET6, "fd00::2", &v6);
  CHECK(DecodeAddressFacts(Message(head, {Number(IFA_ADDRESS, v6)}))->text == "fd00::2/24");
}

TEST_CASE("routes: what a line says") {
  const auto route = Decoded(Route(
      RouteHead(16),
      {V4(RTA_DST, "10.9.0.0"), V4(RTA_GATEWAY, "10.0.0.2"), V4(RTA_PREFSRC, "10.0.0.1"),
       Number(RTA_OIF, Word{3}), Number(RTA_TABLE, Word{254}),
       Nest(RTA_METRICS, {Number(RTAX_MTU, Word{1300}), Number(RTAX_INITCWND, Word{20}),
                          Number(RTAX_RTO_MIN, Word{10}), Number(RTAX_QUICKACK, Word{1}),
                          Text(RTAX_CC_ALGO, "reno"), Number(RTAX_FASTOPEN_NO_COOKIE, Word{1})})}));
  REQUIRE(route.has_value());
  CHECK(route->table == 254);
  CHECK(route->type == RTN_UNICAST);
  CHECK(route->interface == 3);
  CHECK_FALSE(route->cached);
  RouteFacts expected{"10.9.0.0/16", "10.0.0.2", "10.0.0.1", ""};
  expected.mtu = 1300;
  expected.initcwnd = 20;
  expected.rto_min_ms = 10;
  expected.quickack = 1;
  expected.fastopen_no_cookie = 1;
  expected.congestion_control = "reno";
  CHECK(route->facts == expected);
}

TEST_CASE("routes: default, one host, an IPv6 gateway, and what is none") {
  CHECK(Decoded(Route(RouteHead(0), {Number(RTA_OIF, Word{3})}))->facts.destination == "default");
  CHECK(Decoded(Route(RouteHead(32), {V4(RTA_DST, "10.9.0.1")}))->facts.destination == "10.9.0.1");
  // struct rtvia: a family, and right behind it the address.
  std::array<std::uint8_t, 18> via{AF_INET6};
  ::inet_pton(AF_INET6, "fe80::1", &via[2]);
  const auto route = Decoded(Route(RouteHead(0), {Number(RTA_OIF, Word{3}), Number(RTA_VIA, via)}));
  CHECK(route->facts.gateway == "fe80::1");
  rtmsg mpls = RouteHead(0);
  mpls.rtm_family = AF_PACKET;
  CHECK_FALSE(Decoded(Route(mpls, {})).has_value());
  Bytes other = Route(RouteHead(0), {});
  reinterpret_cast<nlmsghdr*>(other.data())->nlmsg_type = RTM_DELROUTE;
  CHECK_FALSE(Decoded(other).has_value());
}

TEST_CASE("CPU lists and masks") {
  CHECK(*ParseCpuList("0-3,8\n") == Cpus{0, 1, 2, 3, 8});
  CHECK(*ParseCpuList("5") == Cpus{5});
  CHECK(ParseCpuList("")->empty());
  for (const char* wrong : {"-1", "3-1", "1,1", "1,", "a", "0-99999999", "0x3"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseCpuList(wrong).has_value());
  }
  CHECK(*ParseCpuMask("3\n") == Cpus{0, 1});
  CHECK(*ParseCpuMask("00000001,80000001") == Cpus{0, 31, 32});
  CHECK(ParseCpuMask("00000000")->empty());
  for (const char* wrong : {"", "g", "1,,1", "123456789"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseCpuMask(wrong).has_value());
  }
}

TEST_CASE("interrupts of queues, and others of the same card") {
  for (const char* queue : {"eth0-TxRx-3", "virtio2-input.0", "mlx5_comp3@pci:0000:01:00.0",
                            "i40e-eth0-TxRx-0", "ena-eth0-Tx-Rx-1", "eth0-rx-2", "nvme_eth0"}) {
    CAPTURE(queue);
    CHECK(IsQueueInterrupt(queue));
  }
  for (const char* other : {"virtio2-config", "mlx5_async0@pci:0000:01:00.0", "ena-mgmnt@pci:0000",
                            "i40e-0000:01:00.0:misc"}) {
    CAPTURE(other);
    CHECK_FALSE(IsQueueInterrupt(other));
  }
}

TEST_CASE("interfaces and routes of this namespace") {
  const auto interfaces = ReadInterfaceFacts();
  REQUIRE(interfaces.has_value());
  const auto lo = std::ranges::find(*interfaces, "lo", &InterfaceFacts::name);
  REQUIRE(lo != interfaces->end());
  CHECK(lo->index == 1);
  CHECK(lo->loopback);
  CHECK(lo->rings.why() == "ethtool: Operation not supported (EOPNOTSUPP)");
  CHECK(lo->offloads.known());
  CHECK(ReadRouteFacts(nullptr).has_value());
}

}  // namespace tunewire
