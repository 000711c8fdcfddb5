// What DecodeSocket (tunewire/host/socket_table.h) reads, told without decoding all of it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tunewire {

/// Of a payload that DecodeSocket would read; nothing where it would not.
std::optional<std::uint64_t> CookieOf(std::span<const std::byte> raw);

}  // namespace tunewire
