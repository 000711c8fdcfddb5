// Answers of rtnetlink(7) about interfaces and their addresses, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tunewire/host/network_facts.h"

namespace tunewire {

/// What one RTM_NEWLINK says, and what it takes to recognise the interface in sysfs.
struct LinkFacts {
  InterfaceFacts facts;
  std::string hardware_address;  ///< "02:fc:00:00:00:01", as sysfs writes it; empty without one
  bool on_a_bus = false;         ///< it has a parent device; kernels before 5.14 do not say
};

/// The payload of one RTM_NEWLINK; nothing where it is too short or has no name.
std::optional<LinkFacts> DecodeLinkFacts(std::span<const std::byte> payload);

struct AddressFacts {
  std::uint32_t index = 0;  ///< the interface's
  std::string text;         ///< "10.0.0.9/24"
};

/// The payload of one RTM_NEWADDR; nothing where it is too short, or of another family.
std::optional<AddressFacts> DecodeAddressFacts(std::span<const std::byte> payload);

}  // namespace tunewire
