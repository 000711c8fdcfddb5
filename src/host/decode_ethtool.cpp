#include "host/decode_ethtool.h"

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

#include "host/netlink_attributes.h"

namespace tunewire {
namespace {

using Bytes = std::span<const std::byte>;
using Word = std::uint32_t;

/// Every answer has its header in this attribute.
constexpr std::uint16_t kHeader = 1;
static_assert(ETHTOOL_A_LINKMODES_HEADER == kHeader && ETHTOOL_A_RINGS_HEADER == kHeader &&
              ETHTOOL_A_CHANNELS_HEADER == kHeader && ETHTOOL_A_COALESCE_HEADER == kHeader &&
              ETHTOOL_A_FEATURES_HEADER == kHeader);

/// More bits than any kernel has features; a set that claims more is not believed.
constexpr Word kMostBits = 4096;

std::optional<Bytes> BehindGenericHeader(Bytes payload) {
  if (payload.size() < GENL_HDRLEN) return std::nullopt;
  return payload.subspan(GENL_HDRLEN);
}

Word NumberOr0(Bytes attributes, std::uint16_t type) {
  return NumberAttribute<Word>(attributes, type).value_or(0);
}

std::optional<bool> Switch(Bytes attributes, std::uint16_t type) {
  const auto value = NumberAttribute<std::uint8_t>(attributes, type);
  if (!value) return std::nullopt;
  return *value != 0;
}

bool HasAny(Bytes attributes, std::initializer_list<std::uint16_t> types) {
  return std::any_of(types.begin(), types.end(), [&](std::uint16_t type) {
    return FindAttribute(attributes, type).has_value();
  });
}

/// Words of 32 bits in host byte order, the lowest bits first.
bool BitOf(Bytes words, Word bit) {
  const std::size_t at = bit / 32 * sizeof(Word);
  if (at + sizeof(Word) > words.size()) return false;
  Word word = 0;
  std::memcpy(&word, words.data() + at, sizeof word);
  return (word >> (bit % 32) & 1U) != 0;
}

void TakeName(Bytes string, std::vector<std::string>& names) {
  const auto index = NumberAttribute<Word>(string, ETHTOOL_A_STRING_INDEX);
  if (!index || *index >= kMostBits) return;
  if (names.size() <= *index) names.resize(*index + 1);
  names[*index] = TextAttribute(string, ETHTOOL_A_STRING_VALUE);
}

void TakeStringSet(Bytes set, std::vector<std::string>& names) {
  if (NumberAttribute<Word>(set, ETHTOOL_A_STRINGSET_ID) != Word{ETH_SS_FEATURES}) return;
  const auto strings = FindAttribute(set, ETHTOOL_A_STRINGSET_STRINGS);
  if (!strings) return;
  EachAttribute(*strings, ETHTOOL_A_STRINGS_STRING, [&](Bytes string) { TakeName(string, names); });
}

}  // namespace

std::optional<EthtoolAnswer> DecodeEthtoolAnswer(Bytes payload) {
  const auto attributes = BehindGenericHeader(payload);
  if (!attributes) return std::nullopt;
  const auto header = FindAttribute(*attributes, kHeader);
  if (!header) return std::nullopt;
  const auto index = NumberAttribute<Word>(*header, ETHTOOL_A_HEADER_DEV_INDEX);
  if (!index) return std::nullopt;
  return EthtoolAnswer{*index, *attributes};
}

Known<Word> DecodeSpeed(Bytes attributes) {
  using Speed = Known<Word>;
  const auto speed = NumberAttribute<Word>(attributes, ETHTOOL_A_LINKMODES_SPEED);
  if (!speed) return Speed::Unknown("ethtool: the answer has no speed");
  if (*speed == 0 || *speed == static_cast<Word>(SPEED_UNKNOWN)) {
    return Speed::Unknown("ethtool: the driver does not know the speed");
  }
  return *speed;
}

Known<std::string> DecodeDuplex(Bytes attributes) {
  using Duplex = Known<std::string>;
  const auto duplex = NumberAttribute<std::uint8_t>(attributes, ETHTOOL_A_LINKMODES_DUPLEX);
  if (!duplex) return Duplex::Unknown("ethtool: the answer has no duplex mode");
  if (*duplex == DUPLEX_FULL) return std::string("full");
  if (*duplex == DUPLEX_HALF) return std::string("half");
  return Duplex::Unknown("ethtool: the driver does not know the duplex mode");
}

Known<RingSizes> DecodeRings(Bytes attributes) {
  if (!HasAny(attributes, {ETHTOOL_A_RINGS_RX, ETHTOOL_A_RINGS_TX})) {
    return Known<RingSizes>::Unknown("ethtool: the driver names no ring sizes");
  }
  RingSizes rings;
  rings.rx = NumberOr0(attributes, ETHTOOL_A_RINGS_RX);
  rings.rx_most = NumberOr0(attributes, ETHTOOL_A_RINGS_RX_MAX);
  rings.tx = NumberOr0(attributes, ETHTOOL_A_RINGS_TX);
  rings.tx_most = NumberOr0(attributes, ETHTOOL_A_RINGS_TX_MAX);
  return rings;
}

Known<ChannelCounts> DecodeChannels(Bytes attributes) {
  if (!HasAny(attributes, {ETHTOOL_A_CHANNELS_RX_COUNT, ETHTOOL_A_CHANNELS_TX_COUNT,
                           ETHTOOL_A_CHANNELS_COMBINED_COUNT})) {
    return Known<ChannelCounts>::Unknown("ethtool: the driver names no channels");
  }
  ChannelCounts counts;
  counts.rx = NumberOr0(attributes, ETHTOOL_A_CHANNELS_RX_COUNT);
  counts.tx = NumberOr0(attributes, ETHTOOL_A_CHANNELS_TX_COUNT);
  counts.combined = NumberOr0(attributes, ETHTOOL_A_CHANNELS_COMBINED_COUNT);
  counts.rx_most = NumberOr0(attributes, ETHTOOL_A_CHANNELS_RX_MAX);
  counts.tx_most = NumberOr0(attributes, ETHTOOL_A_CHANNELS_TX_MAX);
  counts.combined_most = NumberOr0(attributes, ETHTOOL_A_CHANNELS_COMBINED_MAX);
  return counts;
}

Known<Coalescing> DecodeCoalescing(Bytes attributes) {
  Coalescing coalescing;
  coalescing.rx_usecs = NumberAttribute<Word>(attributes, ETHTOOL_A_COALESCE_RX_USECS);
  coalescing.rx_frames = NumberAttribute<Word>(attributes, ETHTOOL_A_COALESCE_RX_MAX_FRAMES);
  coalescing.tx_usecs = NumberAttribute<Word>(attributes, ETHTOOL_A_COALESCE_TX_USECS);
  coalescing.tx_frames = NumberAttribute<Word>(attributes, ETHTOOL_A_COALESCE_TX_MAX_FRAMES);
  coalescing.adaptive_rx = Switch(attributes, ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX);
  coalescing.adaptive_tx = Switch(attributes, ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX);
  if (coalescing == Coalescing{}) {
    return Known<Coalescing>::Unknown("ethtool: the driver names no coalescing");
  }
  return coalescing;
}

Known<std::map<std::string, bool>> DecodeOffloads(Bytes attributes,
                                                  std::span<const std::string> names) {
  using Offloads = Known<std::map<std::string, bool>>;
  const auto active = FindAttribute(attributes, ETHTOOL_A_FEATURES_ACTIVE);
  if (!active) return Offloads::Unknown("ethtool: the answer has no active features");
  const auto words = FindAttribute(*active, ETHTOOL_A_BITSET_VALUE);
  const Word size = NumberOr0(*active, ETHTOOL_A_BITSET_SIZE);
  if (!words) return Offloads::Unknown("ethtool: the features are no compact bit set");
  std::map<std::string, bool> offloads;
  for (Word bit = 0; bit < size && bit < names.size(); ++bit) {
    if (!names[bit].empty()) offloads[names[bit]] = BitOf(*words, bit);
  }
  if (offloads.empty()) return Offloads::Unknown("ethtool: the features have no names");
  return offloads;
}

std::vector<std::string> DecodeFeatureNames(Bytes payload) {
  std::vector<std::string> names;
  const auto attributes = BehindGenericHeader(payload);
  if (!attributes) return names;
  const auto sets = FindAttribute(*attributes, ETHTOOL_A_STRSET_STRINGSETS);
  if (!sets) return names;
  EachAttribute(*sets, ETHTOOL_A_STRINGSETS_STRINGSET,
                [&](Bytes set) { TakeStringSet(set, names); });
  return names;
}

}  // namespace tunewire
