#include "host/netlink_attributes.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

namespace tunewire {
namespace {

std::size_t Aligned(std::size_t size) {
  return (size + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
}

}  // namespace

std::optional<std::span<const std::byte>> FindAttribute(std::span<const std::byte> attributes,
                                                        std::uint16_t type) {
  while (attributes.size() >= sizeof(nlattr)) {
    nlattr header{};
    std::memcpy(&header, attributes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > attributes.size()) break;
    if ((header.nla_type & NLA_TYPE_MASK) == type) {
      return attributes.subspan(sizeof header, header.nla_len - sizeof header);
    }
    attributes = attributes.subspan(std::min(Aligned(header.nla_len), attributes.size()));
  }
  return std::nullopt;
}

std::string TextAttribute(std::span<const std::byte> attributes, std::uint16_t type) {
  const auto value = FindAttribute(attributes, type);
  if (!value) return {};
  const auto* text = reinterpret_cast<const char*>(value->data());
  return {text, ::strnlen(text, value->size())};
}

}  // namespace tunewire
