// Network interfaces and routes as they are now: ethtool and route netlink, never text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/known.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

struct RingSizes {
  std::uint32_t rx = 0, rx_most = 0, tx = 0, tx_most = 0;  ///< descriptors

  bool operator==(const RingSizes&) const = default;
};

struct ChannelCounts {
  std::uint32_t rx = 0, tx = 0, combined = 0;
  std::uint32_t rx_most = 0, tx_most = 0, combined_most = 0;

  bool operator==(const ChannelCounts&) const = default;
};

struct Coalescing {
  std::optional<std::uint32_t> rx_usecs, rx_frames, tx_usecs, tx_frames;
  std::optional<bool> adaptive_rx, adaptive_tx;

  bool operator==(const Coalescing&) const = default;
};

/// One interrupt of an interface's queue, and the CPUs it is delivered to
/// (effective_affinity_list), or where the kernel does not say may be (smp_affinity_list).
struct QueueInterrupt {
  std::uint32_t irq = 0;
  std::string name;
  std::vector<std::uint32_t> cpus;

  bool operator==(const QueueInterrupt&) const = default;
};

/// struct rtnl_link_stats64; packets.
struct InterfaceErrors {
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0, rx_missed = 0, rx_fifo = 0, rx_no_handler = 0;

  bool operator==(const InterfaceErrors&) const = default;
};

struct InterfaceFacts {
  std::string name;
  std::uint32_t index = 0;
  std::string kind;    ///< "veth", "bridge", "tun", ... (IFLA_INFO_KIND); empty for hardware
  std::string driver;  ///< of the device, empty without one
  bool loopback = false, up = false, carrier = false;
  bool virtual_device = false;  ///< no hardware and no hypervisor's device behind it
  std::uint32_t mtu = 0;
  std::uint32_t tx_queue_length = 0;
  std::string qdisc;  ///< where mq only deals packets out its leaves' kinds: "fq", "fq, fq_codel"
  std::vector<std::string> addresses;  ///< "10.0.0.9/24"
  InterfaceErrors errors;
  Known<std::uint32_t> speed_mbps;
  Known<std::string> duplex;  ///< "full", "half"
  Known<RingSizes> rings;
  Known<ChannelCounts> channels;
  Known<Coalescing> coalescing;
  Known<std::map<std::string, bool>> offloads;  ///< the kernel's names: "tx-tcp-segmentation"
  Known<int> numa_node;                         ///< -1: the host has one
  Known<std::vector<QueueInterrupt>> interrupts;
  /// /sys/class/net/IF/queues/rx-N/rps_cpus, CPUs; empty: off.
  Known<std::vector<std::vector<std::uint32_t>>> rps;

  bool operator==(const InterfaceFacts&) const = default;
};

/// RTA_METRICS and what surrounds them. Absent: the kernel's default.
struct RouteFacts {
  std::string destination;  ///< "default", "10.0.0.0/24"
  std::string gateway, source, interface;
  bool chosen = false;  ///< the one a connection to the asked destination would take
  std::optional<std::uint32_t> mtu, advmss, initcwnd, initrwnd, rto_min_ms, quickack, cwnd;
  std::optional<std::uint32_t> window, hoplimit, fastopen_no_cookie;
  std::optional<std::string> congestion_control;

  bool operator==(const RouteFacts&) const = default;
};

/// Of this network namespace. Errors: netlink refuses altogether; what a single interface does not
/// answer is unknown there.
Result<std::vector<InterfaceFacts>> ReadInterfaceFacts();

/// The main table's unicast routes, at most 10,000 of IPv4 and as many of IPv6; before them, where
/// one is asked for, the one that a connection to `destination` takes (RTM_GETROUTE): its source,
/// its metrics and the line of whichever table it is in. Errors: netlink; kNotFound "no_route"
/// where none leads there.
Result<std::vector<RouteFacts>> ReadRouteFacts(const SocketAddress* destination);

}  // namespace tunewire
