// Answers of rtnetlink(7) about interfaces and their queueing disciplines, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

/// An interface of RTM_NEWLINK.
struct Link {
  int index = 0;
  std::string name;
  std::string kind;  ///< "veth", "bridge", ...; devices with a driver of their own have none
  bool loopback = false;
};

/// One of RTM_NEWQDISC.
struct Qdisc {
  int index = 0;  ///< the interface's
  std::uint32_t handle = 0;
  std::uint32_t parent = 0;
  std::string kind;
};

/// Payload of one message; nothing where it is too short or unnamed.
std::optional<Link> DecodeLink(std::span<const std::byte> payload);
std::optional<Qdisc> DecodeQdisc(std::span<const std::byte> payload);

/// One row per interface and kind, sorted. An interface that has not been up has no
/// root qdisc and no row.
std::vector<InterfaceQdisc> RootQdiscs(const std::vector<Link>& links,
                                       const std::vector<Qdisc>& qdiscs);

}  // namespace tunewire
