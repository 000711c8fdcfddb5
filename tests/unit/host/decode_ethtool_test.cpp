#include "host/decode_ethtool.h"

#include <doctest/doctest.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include <random>

#include "support/netlink_bytes.h"

namespace tunewire {
namespace {

using namespace netlink_bytes;
using Word = std::uint32_t;

Bytes Header(Word index) {
  return Nest(ETHTOOL_A_LINKMODES_HEADER,
              {Number(ETHTOOL_A_HEADER_DEV_INDEX, index), Text(ETHTOOL_A_HEADER_DEV_NAME, "eth0")});
}

/// An attribute as a later kernel may send it.
Bytes Strange() { return Text(200, "from the future"); }

Bytes FeatureName(Word index, const std::string& name) {
  return Nest(ETHTOOL_A_STRINGS_STRING,
              {Number(ETHTOOL_A_STRING_INDEX, index), Text(ETHTOOL_A_STRING_VALUE, name)});
}

Bytes StringSet(Word id, const std::vector<Bytes>& strings) {
  return Nest(ETHTOOL_A_STRINGSETS_STRINGSET,
              {Number(ETHTOOL_A_STRINGSET_ID, id),
               Number(ETHTOOL_A_STRINGSET_COUNT, static_cast<Word>(strings.size())),
               Nest(ETHTOOL_A_STRINGSET_STRINGS, strings)});
}

Bytes Active(Word size, const std::vector<Word>& words) {
  return Nest(ETHTOOL_A_FEATURES_ACTIVE,
              {Attribute(ETHTOOL_A_BITSET_NOMASK, "", 0), Number(ETHTOOL_A_BITSET_SIZE, size),
               Attribute(ETHTOOL_A_BITSET_VALUE, words.data(), words.size() * sizeof(Word))});
}

const genlmsghdr kHead{ETHTOOL_MSG_RINGS_GET_REPLY, 1, 0};

}  // namespace

TEST_CASE("ethtool answers: whose they are") {
  const Bytes bytes = Message(kHead, {Strange(), Header(7), Number(ETHTOOL_A_RINGS_RX, Word{5})});
  const auto answer = DecodeEthtoolAnswer(bytes);
  REQUIRE(answer.has_value());
  CHECK(answer->index == 7);
  CHECK(DecodeRings(answer->attributes)->rx == 5);
  CHECK_FALSE(DecodeEthtoolAnswer(Message(kHead, {})).has_value());
  CHECK_FALSE(DecodeEthtoolAnswer(Message(kHead, {Nest(1, {Strange()})})).has_value());
  CHECK_FALSE(DecodeEthtoolAnswer(std::span(bytes).first(3)).has_value());
  CHECK_FALSE(DecodeEthtoolAnswer({}).has_value());
}

TEST_CASE("ethtool: speed and duplex") {
  const auto modes = [](Word speed, std::uint8_t duplex) {
    return Joined({Header(2), Strange(), Number(ETHTOOL_A_LINKMODES_SPEED, speed),
                   Number(ETHTOOL_A_LINKMODES_DUPLEX, duplex)});
  };
  CHECK(*DecodeSpeed(modes(25000, DUPLEX_FULL)) == 25000);
  CHECK(*DecodeDuplex(modes(25000, DUPLEX_FULL)) == "full");
  CHECK(*DecodeDuplex(modes(10, DUPLEX_HALF)) == "half");
  CHECK(DecodeSpeed(modes(static_cast<Word>(SPEED_UNKNOWN), DUPLEX_UNKNOWN)).why() ==
        "ethtool: the driver does not know the speed");
  CHECK(DecodeSpeed(modes(0, DUPLEX_UNKNOWN)).why() ==
        "ethtool: the driver does not know the speed");
  CHECK(DecodeDuplex(modes(0, DUPLEX_UNKNOWN)).why() ==
        "ethtool: the driver does not know the duplex mode");
  CHECK(DecodeSpeed(Header(2)).why() == "ethtool: the answer has no speed");
  CHECK(DecodeDuplex(Header(2)).why() == "ethtool: the answer has no duplex mode");
  // A number of another size is none.
  CHECK_FALSE(DecodeSpeed(Number(ETHTOOL_A_LINKMODES_SPEED, std::uint16_t{100})).known());
}

TEST_CASE("ethtool: rings") {
  const Bytes bytes = Joined(
      {Number(ETHTOOL_A_RINGS_RX_MAX, Word{4096}), Number(ETHTOOL_A_RINGS_TX_MAX, Word{2048}),
       Number(ETHTOOL_A_RINGS_RX, Word{512}), Number(ETHTOOL_A_RINGS_TX, Word{256})});
  CHECK(*DecodeRings(bytes) == RingSizes{512, 4096, 256, 2048});
  // Cut inside the last: what came before it is kept.
  CHECK(*DecodeRings(std::span(bytes).first(bytes.size() - 1)) == RingSizes{512, 4096, 0, 2048});
  CHECK(DecodeRings(Header(2)).why() == "ethtool: the driver names no ring sizes");
}

TEST_CASE("ethtool: channels") {
  CHECK(*DecodeChannels(Joined({Number(ETHTOOL_A_CHANNELS_COMBINED_MAX, Word{64}),
                                Number(ETHTOOL_A_CHANNELS_COMBINED_COUNT, Word{8})})) ==
        ChannelCounts{0, 0, 8, 0, 0, 64});
  CHECK(*DecodeChannels(Joined(
            {Number(ETHTOOL_A_CHANNELS_RX_MAX, Word{4}), Number(ETHTOOL_A_CHANNELS_TX_MAX, Word{5}),
             Number(ETHTOOL_A_CHANNELS_RX_COUNT, Word{2}),
             Number(ETHTOOL_A_CHANNELS_TX_COUNT, Word{3})})) == ChannelCounts{2, 3, 0, 4, 5, 0});
  CHECK_FALSE(DecodeChannels(Header(2)).known());
}

TEST_CASE("ethtool: coalescing has what the driver supports") {
  const auto some =
      DecodeCoalescing(Joined({Number(ETHTOOL_A_COALESCE_RX_USECS, Word{50}), Strange(),
                               Number(ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, std::uint8_t{1})}));
  REQUIRE(some.known());
  CHECK(some->rx_usecs == 50);
  CHECK(some->adaptive_rx == true);
  CHECK_FALSE(some->rx_frames.has_value());
  CHECK_FALSE(some->adaptive_tx.has_value());
  const auto rest =
      DecodeCoalescing(Joined({Number(ETHTOOL_A_COALESCE_RX_MAX_FRAMES, Word{1}),
                               Number(ETHTOOL_A_COALESCE_TX_USECS, Word{2}),
                               Number(ETHTOOL_A_COALESCE_TX_MAX_FRAMES, Word{3}),
                               Number(ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX, std::uint8_t{0})}));
  CHECK(rest->rx_frames == 1);
  CHECK(rest->tx_usecs == 2);
  CHECK(rest->tx_frames == 3);
  CHECK(rest->adaptive_tx == false);
  CHECK_FALSE(DecodeCoalescing(Header(2)).known());
}

TEST_CASE("ethtool: feature names and bits") {
  const Bytes answer = Message(
      kHead, {Nest(ETHTOOL_A_STRSET_STRINGSETS,
                   {StringSet(ETH_SS_STATS, {FeatureName(0, "not a feature")}),
                    StringSet(ETH_SS_FEATURES, {FeatureName(0, "zero"), FeatureName(2, "two"),
                                                Strange(), FeatureName(33, "thirty-three")})})});
  const std::vector<std::string> names = DecodeFeatureNames(answer);
  REQUIRE(names.size() == 34);
  CHECK(names[1].empty());
  CHECK(*DecodeOffloads(Active(64, {0b101, 0b10}), names) ==
        std::map<std::string, bool>{{"zero", true}, {"two", true}, {"thirty-three", true}});
  CHECK(*DecodeOffloads(Active(64, {0b010, 0}), names) ==
        std::map<std::string, bool>{{"zero", false}, {"two", false}, {"thirty-three", false}});
  // Fewer words than the size promises, and fewer bits than there are names.
  CHECK_FALSE(DecodeOffloads(Active(64, {1}), names)->at("thirty-three"));
  CHECK(DecodeOffloads(Active(1, {1}), names)->size() == 1);
  CHECK(DecodeOffloads(Active(64, {1}), {}).why() == "ethtool: the features have no names");
  CHECK_FALSE(DecodeOffloads(Header(2), names).known());
  CHECK_FALSE(DecodeOffloads(Nest(ETHTOOL_A_FEATURES_ACTIVE, {}), names).known());
}

TEST_CASE("ethtool: an index out of all reason takes no memory") {
  CHECK(DecodeFeatureNames(
            Message(kHead, {Nest(ETHTOOL_A_STRSET_STRINGSETS,
                                 {StringSet(ETH_SS_FEATURES, {FeatureName(0xffffffff, "far")})})}))
            .empty());
}

TEST_CASE("ethtool: any bytes are survived") {
  std::mt19937 random(7);
  const std::vector<std::string> names{"a", "b", "c"};
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(random() % 160);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 24);
    DecodeFeatureNames(bytes);
    const auto answer = DecodeEthtoolAnswer(bytes);
    const std::span<const std::byte> rest = answer ? answer->attributes : bytes;
    DecodeSpeed(rest);
    DecodeDuplex(rest);
    DecodeRings(rest);
    DecodeChannels(rest);
    DecodeCoalescing(rest);
    const auto offloads = DecodeOffloads(rest, names);
    if (offloads.known()) CHECK(offloads->size() <= names.size());
  }
}

}  // namespace tunewire
