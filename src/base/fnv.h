// FNV-1a, 64 bits: tells texts apart that nobody made alike on purpose. No defence against forgers.
#pragma once

#include <cstdint>
#include <string_view>

namespace tunewire {

inline constexpr std::uint64_t kFnv1aOfNothing = 0xcbf29ce484222325U;

/// Between texts that are hashed one after the other: no printable text holds them, so that "a b"
/// is not the same as "a" and "b".
inline constexpr std::string_view kHashedPart = "\x1f", kHashedEnd = "\x1e";

/// Goes on from the hash of what came before.
constexpr std::uint64_t Fnv1a(std::string_view text, std::uint64_t before) {
  std::uint64_t hash = before;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace tunewire
