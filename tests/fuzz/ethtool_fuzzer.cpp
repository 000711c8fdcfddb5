// libFuzzer entry for answers of ethtool's netlink family and of route netlink: no input may crash
// the readers, and none may make them hold more than it is long.
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "host/decode_cpu_set.h"
#include "host/decode_ethtool.h"
#include "host/decode_links.h"
#include "host/decode_routes.h"

namespace {

using namespace tunewire;

void ReadEthtool(std::span<const std::byte> bytes) {
  const std::vector<std::string> names = DecodeFeatureNames(bytes);
  const auto answer = DecodeEthtoolAnswer(bytes);
  if (!answer) return;
  DecodeSpeed(answer->attributes);
  DecodeDuplex(answer->attributes);
  DecodeRings(answer->attributes);
  DecodeChannels(answer->attributes);
  DecodeCoalescing(answer->attributes);
  const auto offloads = DecodeOffloads(answer->attributes, names);
  if (offloads.known() && offloads->size() > bytes.size()) std::abort();
}

/// As libnl hands it over: the header's length is right.
void ReadRoute(std::span<const std::byte> bytes) {
  std::vector<std::byte> message(sizeof(nlmsghdr) + bytes.size());
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWROUTE;
  header.nlmsg_len = static_cast<std::uint32_t>(message.size());
  std::memcpy(message.data(), &header, sizeof header);
  if (!bytes.empty()) std::memcpy(message.data() + sizeof header, bytes.data(), bytes.size());
  DecodeRoute(*reinterpret_cast<nlmsghdr*>(message.data()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  ReadEthtool(bytes);
  ReadRoute(bytes);
  if (const auto link = DecodeLinkFacts(bytes); link && link->facts.name.empty()) std::abort();
  DecodeAddressFacts(bytes);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ParseCpuList(text);
  ParseCpuMask(text);
  return 0;
}
