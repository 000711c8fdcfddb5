#include "host/decode_rtnetlink.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "host/netlink_attributes.h"

namespace tunewire {
namespace {

/// Fixed head of a message; its attributes follow aligned.
template <class Head>
std::optional<std::span<const std::byte>> Behind(std::span<const std::byte> payload, Head& head) {
  constexpr std::size_t kSize = NLMSG_ALIGN(sizeof head);
  if (payload.size() < kSize) return std::nullopt;
  std::memcpy(&head, payload.data(), sizeof head);
  return payload.subspan(kSize);
}

bool SpreadsOverQueues(const Qdisc& root) { return root.kind == "mq" || root.kind == "mqprio"; }

bool IsLeafOf(const Qdisc& root, const Qdisc& one) {
  return one.index == root.index && one.parent != TC_H_ROOT && one.parent != TC_H_INGRESS &&
         TC_H_MAJ(one.parent) == TC_H_MAJ(root.handle);
}

/// Kinds that send this interface's packets. mq only deals them out.
std::set<std::string> Kinds(const Qdisc& root, const std::vector<Qdisc>& qdiscs) {
  std::set<std::string> kinds;
  if (SpreadsOverQueues(root)) {
    for (const Qdisc& one : qdiscs) {
      if (IsLeafOf(root, one)) kinds.insert(one.kind);
    }
  }
  if (kinds.empty()) kinds.insert(root.kind);
  return kinds;
}

/// The kernel gives "noqueue" without a handle to a device that asks for no queue (veth, bridges,
/// Wi-Fi); one that an administrator put there has a handle.
bool NeedsNoQueue(const Link& link, const Qdisc& root) {
  return link.loopback || !link.kind.empty() || (root.kind == "noqueue" && root.handle == 0);
}

}  // namespace

std::optional<Link> DecodeLink(std::span<const std::byte> payload) {
  ifinfomsg head{};
  const auto attributes = Behind(payload, head);
  if (!attributes) return std::nullopt;
  Link link;
  link.index = head.ifi_index;
  link.loopback = head.ifi_type == ARPHRD_LOOPBACK;
  link.name = TextAttribute(*attributes, IFLA_IFNAME);
  if (const auto info = FindAttribute(*attributes, IFLA_LINKINFO)) {
    link.kind = TextAttribute(*info, IFLA_INFO_KIND);
  }
  if (link.name.empty()) return std::nullopt;
  return link;
}

std::optional<Qdisc> DecodeQdisc(std::span<const std::byte> payload) {
  tcmsg head{};
  const auto attributes = Behind(payload, head);
  if (!attributes) return std::nullopt;
  Qdisc qdisc{head.tcm_ifindex, head.tcm_handle, head.tcm_parent,
              TextAttribute(*attributes, TCA_KIND)};
  if (qdisc.kind.empty()) return std::nullopt;
  return qdisc;
}

std::vector<InterfaceQdisc> RootQdiscs(const std::vector<Link>& links,
                                       const std::vector<Qdisc>& qdiscs) {
  std::vector<InterfaceQdisc> rows;
  for (const Qdisc& root : qdiscs) {
    if (root.parent != TC_H_ROOT) continue;
    const auto link = std::ranges::find(links, root.index, &Link::index);
    if (link == links.end()) continue;
    for (const std::string& kind : Kinds(root, qdiscs)) {
      rows.push_back({link->name, kind, NeedsNoQueue(*link, root)});
    }
  }
  std::ranges::sort(rows, {},
                    [](const InterfaceQdisc& row) { return std::tie(row.interface, row.qdisc); });
  return rows;
}

}  // namespace tunewire
