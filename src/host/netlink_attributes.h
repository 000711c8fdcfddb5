// Attributes of a netlink message, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tunewire {

struct NetlinkAttribute {
  std::uint16_t type = 0;            ///< without the flags above NLA_TYPE_MASK
  std::span<const std::byte> value;  ///< without the header
};

/// Takes the foremost attribute off `attributes`; nothing at their end and where a length is not
/// possible.
std::optional<NetlinkAttribute> TakeAttribute(std::span<const std::byte>& attributes);

/// The first attribute of this type, without its header; nothing without one. Stops at the first
/// whose length is not possible.
std::optional<std::span<const std::byte>> FindAttribute(std::span<const std::byte> attributes,
                                                        std::uint16_t type);

/// Its bytes up to a NUL.
std::string_view TextOf(const NetlinkAttribute& attribute);

/// The same of the first attribute of this type; empty without it.
std::string TextAttribute(std::span<const std::byte> attributes, std::uint16_t type);

/// A number in host byte order; nothing without it or where it has another size.
template <class Number>
std::optional<Number> NumberAttribute(std::span<const std::byte> attributes, std::uint16_t type) {
  const auto value = FindAttribute(attributes, type);
  Number number{};
  if (!value || value->size() != sizeof number) return std::nullopt;
  std::memcpy(&number, value->data(), sizeof number);
  return number;
}

/// Each attribute of this type, in order, without its header. Stops as FindAttribute does.
void EachAttribute(std::span<const std::byte> attributes, std::uint16_t type,
                   const std::function<void(std::span<const std::byte>)>& take);

}  // namespace tunewire
