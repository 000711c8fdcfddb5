#include "host/decode_links.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/format.h"
#include "host/netlink_attributes.h"

namespace tunewire {
namespace {

using Bytes = std::span<const std::byte>;

template <class Head>
std::optional<Bytes> Behind(Bytes payload, Head& head) {
  constexpr std::size_t kSize = NLMSG_ALIGN(sizeof head);
  if (payload.size() < kSize) return std::nullopt;
  std::memcpy(&head, payload.data(), sizeof head);
  return payload.subspan(kSize);
}

std::string HardwareAddress(Bytes bytes) {
  std::string text;
  for (const std::byte one : bytes) {
    text += Format("{}{:02x}", text.empty() ? "" : ":", std::to_integer<unsigned>(one));
  }
  return text;
}

/// Older kernels send fewer counters, newer ones more: what is not there stays 0.
InterfaceErrors DecodeErrors(Bytes bytes) {
  rtnl_link_stats64 raw{};
  std::memcpy(&raw, bytes.data(), std::min(bytes.size(), sizeof raw));
  InterfaceErrors errors;
  errors.rx_packets = raw.rx_packets;
  errors.tx_packets = raw.tx_packets;
  errors.rx_errors = raw.rx_errors;
  errors.tx_errors = raw.tx_errors;
  errors.rx_dropped = raw.rx_dropped;
  errors.tx_dropped = raw.tx_dropped;
  errors.rx_missed = raw.rx_missed_errors;
  errors.rx_fifo = raw.rx_fifo_errors;
  errors.rx_no_handler = raw.rx_nohandler;
  return errors;
}

}  // namespace

std::optional<LinkFacts> DecodeLinkFacts(Bytes payload) {
  ifinfomsg head{};
  const auto attributes = Behind(payload, head);
  if (!attributes) return std::nullopt;
  LinkFacts link;
  InterfaceFacts& facts = link.facts;
  facts.name = TextAttribute(*attributes, IFLA_IFNAME);
  if (facts.name.empty()) return std::nullopt;
  facts.index = static_cast<std::uint32_t>(head.ifi_index);
  facts.loopback = head.ifi_type == ARPHRD_LOOPBACK;
  facts.up = (head.ifi_flags & IFF_UP) != 0;
  facts.carrier = NumberAttribute<std::uint8_t>(*attributes, IFLA_CARRIER).value_or(0) != 0;
  facts.mtu = NumberAttribute<std::uint32_t>(*attributes, IFLA_MTU).value_or(0);
  facts.tx_queue_length = NumberAttribute<std::uint32_t>(*attributes, IFLA_TXQLEN).value_or(0);
  facts.qdisc = TextAttribute(*attributes, IFLA_QDISC);
  if (const auto info = FindAttribute(*attributes, IFLA_LINKINFO)) {
    facts.kind = TextAttribute(*info, IFLA_INFO_KIND);
  }
  if (const auto stats = FindAttribute(*attributes, IFLA_STATS64)) {
    facts.errors = DecodeErrors(*stats);
  }
  if (const auto address = FindAttribute(*attributes, IFLA_ADDRESS)) {
    link.hardware_address = HardwareAddress(*address);
  }
  link.on_a_bus = FindAttribute(*attributes, IFLA_PARENT_DEV_NAME).has_value();
  facts.virtual_device = facts.loopback || (!facts.kind.empty() && !link.on_a_bus);
  return link;
}

std::optional<AddressFacts> DecodeAddressFacts(Bytes payload) {
  ifaddrmsg head{};
  const auto attributes = Behind(payload, head);
  if (!attributes) return std::nullopt;
  const std::size_t size = head.ifa_family == AF_INET ? 4 : head.ifa_family == AF_INET6 ? 16 : 0;
  // IFA_ADDRESS is the other end's on a point-to-point link; the own one is IFA_LOCAL then.
  auto address = FindAttribute(*attributes, IFA_LOCAL);
  if (!address) address = FindAttribute(*attributes, IFA_ADDRESS);
  if (size == 0 || !address || address->size() != size) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(head.ifa_family, address->data(), text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return AddressFacts{head.ifa_index, Format("{}/{}", text.data(), head.ifa_prefixlen)};
}

}  // namespace tunewire
