// Rows that follow from those of one interface: "default" of conf, and the other tables of
// neighbours.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "catalog/rows/conf.h"
#include "catalog/rows/ipv6_conf.h"
#include "catalog/rows/keys.h"
#include "catalog/rows/neigh.h"

namespace tunewire::rows {

/// conf.default keys of IPv4 that the kernel does not hand on to the interfaces there are: those
/// whose handler flushes routes, and switches with handlers of their own (net/ipv4/devinet.c).
constexpr bool StaysInDefault(std::string_view key) {
  constexpr std::string_view kStaying[] = {".forwarding",
                                           ".mc_forwarding",
                                           ".disable_policy",
                                           ".disable_xfrm",
                                           ".route_localnet",
                                           ".promote_secondaries",
                                           ".drop_unicast_in_l2_multicast"};
  return std::ranges::any_of(kStaying, [&](std::string_view name) { return key.ends_with(name); });
}

/// A write to conf.default reaches every interface whose own key was never written.
consteval Tunable AsIpv4Default(const Tunable& row) {
  Tunable changed = row;
  if (StaysInDefault(row.key)) {
    changed.takes_effect = kNextInterface;
  } else {
    changed.coupled = std::span(&row.key, 1);
  }
  return changed;
}

consteval Tunable AsDefault(const Tunable& row) {
  Tunable changed = row;
  changed.takes_effect = kNextInterface;
  return changed;
}

/// An interface's own packet size bounds its mtu; "default" has no such bound.
consteval Tunable AsIpv6Default(const Tunable& row) {
  Tunable changed = AsDefault(row);
  if (row.key.ends_with(".mtu")) changed.fields = kInt<1280, 65535, kRefused, kAccepted>;
  return changed;
}

/// The table's "default" entry belongs to the host: a child namespace does not show it.
consteval Tunable AsNeighDefault(const Tunable& row) {
  Tunable changed = AsDefault(row);
  changed.scope = kHost;
  return changed;
}

consteval Tunable AsIpv6(const Tunable& row) {
  Tunable changed = row;
  changed.module = "ipv6";
  return changed;
}

inline constexpr auto kIpv4DefaultKeys =
    RenamedKeys(std::span(kIpv4Conf), "net.ipv4.conf.*", "net.ipv4.conf.default");
inline constexpr auto kIpv4ConfDefault =
    RenamedRows(std::span(kIpv4Conf), kIpv4DefaultKeys, AsIpv4Default);

inline constexpr auto kIpv6DefaultKeys =
    RenamedKeys(std::span(kIpv6Conf), "net.ipv6.conf.*", "net.ipv6.conf.default");
inline constexpr auto kIpv6ConfDefault =
    RenamedRows(std::span(kIpv6Conf), kIpv6DefaultKeys, AsIpv6Default);

inline constexpr auto kIpv4NeighDefaultKeys =
    RenamedKeys(std::span(kIpv4Neigh), "net.ipv4.neigh.*", "net.ipv4.neigh.default");
inline constexpr auto kIpv4NeighDefault =
    RenamedRows(std::span(kIpv4Neigh), kIpv4NeighDefaultKeys, AsNeighDefault);

inline constexpr auto kIpv6NeighKeys = RenamedKeys(std::span(kIpv4Neigh), "net.ipv4", "net.ipv6");
inline constexpr auto kIpv6Neigh = RenamedRows(std::span(kIpv4Neigh), kIpv6NeighKeys, AsIpv6);

inline constexpr auto kIpv6NeighDefaultKeys =
    RenamedKeys(std::span(kIpv4Neigh), "net.ipv4.neigh.*", "net.ipv6.neigh.default");
inline constexpr auto kIpv6NeighDefault =
    RenamedRows(std::span(kIpv6Neigh), kIpv6NeighDefaultKeys, AsNeighDefault);

inline constexpr auto kIpv6NeighLimitKeys =
    RenamedKeys(std::span(kIpv4NeighLimits), "net.ipv4", "net.ipv6");
inline constexpr auto kIpv6NeighLimits =
    RenamedRows(std::span(kIpv4NeighLimits), kIpv6NeighLimitKeys, AsIpv6);

}  // namespace tunewire::rows
