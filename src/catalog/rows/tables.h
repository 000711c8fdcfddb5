// Every area of the table, in the order that AllTunables() shows.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "catalog/rows/bridge_mptcp.h"
#include "catalog/rows/conf.h"
#include "catalog/rows/conntrack.h"
#include "catalog/rows/core.h"
#include "catalog/rows/families.h"
#include "catalog/rows/icmp.h"
#include "catalog/rows/ip.h"
#include "catalog/rows/ipv6.h"
#include "catalog/rows/ipv6_conf.h"
#include "catalog/rows/ipv6_conf_all.h"
#include "catalog/rows/machine_fs.h"
#include "catalog/rows/machine_kernel.h"
#include "catalog/rows/machine_vm.h"
#include "catalog/rows/neigh.h"
#include "catalog/rows/removed.h"
#include "catalog/rows/removed_conntrack.h"
#include "catalog/rows/route.h"
#include "catalog/rows/tcp_handshake.h"
#include "catalog/rows/tcp_memory.h"
#include "catalog/rows/tcp_sending.h"

namespace tunewire::rows {

inline constexpr std::span<const Tunable> kAreas[] = {kCore,
                                                      kTcpMemory,
                                                      kTcpHandshake,
                                                      kTcpSending,
                                                      kIp,
                                                      kIcmp,
                                                      kRoute,
                                                      kIpv4ConfAll,
                                                      kIpv4ConfDefault,
                                                      kIpv4Conf,
                                                      kIpv4NeighLimits,
                                                      kIpv4NeighDefault,
                                                      kIpv4Neigh,
                                                      kIpv6,
                                                      kIpv6ConfAll,
                                                      kIpv6ConfDefault,
                                                      kIpv6Conf,
                                                      kIpv6NeighLimits,
                                                      kIpv6NeighDefault,
                                                      kIpv6Neigh,
                                                      kConntrack,
                                                      kBridgeMptcp,
                                                      kFs,
                                                      kVm,
                                                      kKernel,
                                                      kGone,
                                                      kGoneConntrack};

inline constexpr std::size_t kRowCount = [] {
  std::size_t count = 0;
  for (const auto& area : kAreas) count += area.size();
  return count;
}();

/// All areas, one after the other.
inline constexpr auto kRows = [] {
  std::array<Tunable, kRowCount> rows{};
  std::size_t at = 0;
  for (const auto& area : kAreas) {
    for (const Tunable& row : area) rows[at++] = row;
  }
  return rows;
}();

}  // namespace tunewire::rows
