// A recording of looks: a line that names the format, then records.
//
//   record   type (one letter), length and checksum of the payload (u32 each), the payload
//   order    (held* begin socket* end)* around process* owners options* mark
//
// All numbers are little-endian. A checksum covers the type too (FNV-1a, 32 bits): it changes with
// any single byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tunewire::recording {

inline constexpr std::string_view kMagic = "tunewire recording 1\n";

enum Type : char {
  kHeld = 'h',     ///< descriptors: inode u64, pid u32, descriptor u32 each
  kBegin = 'b',    ///< at_ns i64, scope u8, length u32 and text of the counters, ACK states
  kSocket = 's',   ///< the payload of sock_diag's message
  kEnd = 'e',      ///< seen u64, partial u8
  kAround = 'a',   ///< JSON: settings, unreadable, kernel
  kProcess = 'p',  ///< JSON: one process
  kOwners = 'o',   ///< as kHeld: who holds what was seen
  kOptions = 'x',  ///< JSON: options of one socket
  kMark = 'z',     ///< number of the records before, u64
};

inline constexpr std::size_t kHeadBytes = 9;
inline constexpr std::size_t kMostPayload = std::size_t{64} << 20U;
inline constexpr std::size_t kMostSocket = std::size_t{64} << 10U;
inline constexpr std::size_t kHeldBytes = 16;
inline constexpr std::size_t kAckBytes = 17;

std::uint32_t Checksum(char type, std::string_view payload);

/// A whole record.
std::string Framed(char type, std::string_view payload);

template <class T>
void AppendNumber(std::string& into, T number) {
  for (std::size_t byte = 0; byte < sizeof number; ++byte) {
    into.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * byte)));
  }
}

/// Precondition: so many bytes are there.
template <class T>
T NumberAt(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + byte])} << (8 * byte);
  }
  return static_cast<T>(number);
}

}  // namespace tunewire::recording
