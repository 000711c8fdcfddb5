// Interfaces of the calling thread's network namespace: three dumps of route netlink, one of each
// kind of ethtool, and what only /sys knows.
#include "tunewire/host/network_facts.h"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "host/decode_links.h"
#include "host/decode_rtnetlink.h"
#include "host/ethtool_facts.h"
#include "host/interface_sysfs.h"
#include "host/netlink_socket.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error DumpError(const char* what, int os_error) {
  Error error = SystemError("dump", "rtnetlink", os_error);
  error.code = "netlink";
  error.message = Format("cannot list {}: {}", what, DescribeErrno(os_error));
  return error;
}

/// Every `type` (RTM_GETLINK: answered by RTM_NEWLINK, two numbers below) that decodes.
template <class Row, class Head>
Result<std::vector<Row>> Dump(NetlinkSocket& socket, int type, const Head& head, const char* what,
                              std::optional<Row> (*decode)(std::span<const std::byte>)) {
  std::vector<Row> rows;
  const int error = AskWhole(
      socket, [&] { return MakeRequest(type, NLM_F_REQUEST | NLM_F_DUMP, &head, sizeof head); },
      [&] { rows.clear(); },
      [&](const NetlinkAnswer& answer) {
        if (answer.header->nlmsg_type != type - 2) return GoOn::kYes;
        if (auto row = decode(answer.payload)) rows.push_back(std::move(*row));
        return GoOn::kYes;
      });
  if (error != 0) return Fail(DumpError(what, error));
  return rows;
}

/// IFLA_QDISC says "mq" where the leaves decide.
void AddQdiscs(const std::vector<Qdisc>& qdiscs, std::vector<LinkFacts>& links) {
  std::vector<Link> plain;
  for (const LinkFacts& one : links) {
    plain.push_back(
        {static_cast<int>(one.facts.index), one.facts.name, one.facts.kind, one.facts.loopback});
  }
  std::map<std::string, std::vector<std::string>> kinds;
  for (const InterfaceQdisc& row : RootQdiscs(plain, qdiscs)) {
    kinds[row.interface].push_back(row.qdisc);
  }
  for (LinkFacts& link : links) {
    const auto found = kinds.find(link.facts.name);
    if (found != kinds.end()) link.facts.qdisc = Join(found->second, ", ");
  }
}

void AddAddresses(const std::vector<AddressFacts>& addresses, std::vector<LinkFacts>& links) {
  for (const AddressFacts& one : addresses) {
    const auto link = std::ranges::find_if(
        links, [&](const LinkFacts& candidate) { return candidate.facts.index == one.index; });
    if (link != links.end()) link->facts.addresses.push_back(one.text);
  }
}

Result<std::vector<LinkFacts>> ReadLinks() {
  auto socket = NetlinkSocket::Open(NETLINK_ROUTE, DumpChecks::kLoose);
  if (!socket) return Fail(std::move(socket.error()));
  auto links = Dump<LinkFacts>(*socket, RTM_GETLINK, ifinfomsg{}, "interfaces", DecodeLinkFacts);
  if (!links) return links;
  auto qdiscs = Dump<Qdisc>(*socket, RTM_GETQDISC, tcmsg{}, "queueing disciplines", DecodeQdisc);
  // A kernel built without them (CONFIG_NET_SCHED) does not know the question.
  if (qdiscs) AddQdiscs(*qdiscs, *links);
  const auto addresses =
      Dump<AddressFacts>(*socket, RTM_GETADDR, ifaddrmsg{}, "addresses", DecodeAddressFacts);
  if (!addresses) return Fail(addresses.error());
  AddAddresses(*addresses, *links);
  return links;
}

}  // namespace

Result<std::vector<InterfaceFacts>> ReadInterfaceFacts() {
  auto links = ReadLinks();
  if (!links) return Fail(std::move(links.error()));
  AddSysfsFacts(*links);
  std::vector<InterfaceFacts> interfaces;
  for (LinkFacts& link : *links) interfaces.push_back(std::move(link.facts));
  AddEthtoolFacts(interfaces);
  return interfaces;
}

}  // namespace tunewire
