// Answers of the generic netlink family "ethtool", as bytes. Pure. Attributes that are not known
// are passed over, and reading stops where one is cut short: what was read until then is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tunewire/host/network_facts.h"

namespace tunewire {

/// One answer: which interface it is about, and its attributes.
struct EthtoolAnswer {
  std::uint32_t index = 0;
  std::span<const std::byte> attributes;
};

/// The payload of one message (struct genlmsghdr and attributes); nothing where it is too short or
/// names no interface.
std::optional<EthtoolAnswer> DecodeEthtoolAnswer(std::span<const std::byte> payload);

/// ETHTOOL_MSG_LINKMODES_GET_REPLY
Known<std::uint32_t> DecodeSpeed(std::span<const std::byte> attributes);
Known<std::string> DecodeDuplex(std::span<const std::byte> attributes);

/// ETHTOOL_MSG_RINGS_GET_REPLY
Known<RingSizes> DecodeRings(std::span<const std::byte> attributes);

/// ETHTOOL_MSG_CHANNELS_GET_REPLY
Known<ChannelCounts> DecodeChannels(std::span<const std::byte> attributes);

/// ETHTOOL_MSG_COALESCE_GET_REPLY: drivers answer with the fields they support.
Known<Coalescing> DecodeCoalescing(std::span<const std::byte> attributes);

/// ETHTOOL_MSG_FEATURES_GET_REPLY with compact bit sets: what is active, by the names of
/// DecodeFeatureNames. Bits without a name are left out.
Known<std::map<std::string, bool>> DecodeOffloads(std::span<const std::byte> attributes,
                                                  std::span<const std::string> names);

/// The payload of one ETHTOOL_MSG_STRSET_GET_REPLY: names of the set ETH_SS_FEATURES by bit; empty
/// where it is not there.
std::vector<std::string> DecodeFeatureNames(std::span<const std::byte> payload);

}  // namespace tunewire
