#include "host/netlink_attributes.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

namespace tunewire {
namespace {

std::size_t Aligned(std::size_t size) {
  return (size + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
}

struct Attribute {
  std::uint16_t type = 0;
  std::span<const std::byte> value;
};

/// Cuts the first one off; nothing where none is whole.
std::optional<Attribute> Next(std::span<const std::byte>& attributes) {
  nlattr header{};
  if (attributes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, attributes.data(), sizeof header);
  if (header.nla_len < sizeof header || header.nla_len > attributes.size()) return std::nullopt;
  const Attribute found{static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                        attributes.subspan(sizeof header, header.nla_len - sizeof header)};
  attributes = attributes.subspan(std::min(Aligned(header.nla_len), attributes.size()));
  return found;
}

}  // namespace

std::optional<std::span<const std::byte>> FindAttribute(std::span<const std::byte> attributes,
                                                        std::uint16_t type) {
  while (const auto one = Next(attributes)) {
    if (one->type == type) return one->value;
  }
  return std::nullopt;
}

void EachAttribute(std::span<const std::byte> attributes, std::uint16_t type,
                   const std::function<void(std::span<const std::byte>)>& take) {
  while (const auto one = Next(attributes)) {
    if (one->type == type) take(one->value);
  }
}

std::string TextAttribute(std::span<const std::byte> attributes, std::uint16_t type) {
  const auto value = FindAttribute(attributes, type);
  if (!value) return {};
  const auto* text = reinterpret_cast<const char*>(value->data());
  return {text, ::strnlen(text, value->size())};
}

}  // namespace tunewire
