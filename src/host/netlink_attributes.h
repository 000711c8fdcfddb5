// Attributes of a netlink message, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tunewire {

/// The first attribute of this type, without its header; nothing without one. Stops at the first
/// whose length is not possible.
std::optional<std::span<const std::byte>> FindAttribute(std::span<const std::byte> attributes,
                                                        std::uint16_t type);

/// Its bytes up to a NUL; empty without it.
std::string TextAttribute(std::span<const std::byte> attributes, std::uint16_t type);

}  // namespace tunewire
