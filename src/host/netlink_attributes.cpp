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

std::optional<NetlinkAttribute> TakeAttribute(std::span<const std::byte>& attributes) {
  nlattr header{};
  if (attributes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, attributes.data(), sizeof header);
  if (header.nla_len < sizeof header || header.nla_len > attributes.size()) return std::nullopt;
  NetlinkAttribute found{.type = static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                         .value = attributes.first(header.nla_len).subspan(sizeof header)};
  attributes = attributes.subspan(std::min(Aligned(header.nla_len), attributes.size()));
  return found;
}

std::optional<std::span<const std::byte>> FindAttribute(std::span<const std::byte> attributes,
                                                        std::uint16_t type) {
  while (const auto attribute = TakeAttribute(attributes)) {
    if (attribute->type == type) return attribute->value;
  }
  return std::nullopt;
}

std::string_view TextOf(const NetlinkAttribute& attribute) {
  const auto* text = reinterpret_cast<const char*>(attribute.value.data());
  return {text, ::strnlen(text, attribute.value.size())};
}

void EachAttribute(std::span<const std::byte> attributes, std::uint16_t type,
                   const std::function<void(std::span<const std::byte>)>& take) {
  while (const auto one = TakeAttribute(attributes)) {
    if (one->type == type) take(one->value);
  }
}

std::string TextAttribute(std::span<const std::byte> attributes, std::uint16_t type) {
  const auto value = FindAttribute(attributes, type);
  return value ? std::string(TextOf({type, *value})) : std::string();
}

}  // namespace tunewire
