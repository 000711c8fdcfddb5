// Bytes that are mostly zero, without their zeros. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tunewire {

/// Room for the words of one payload, and for them packed.
inline constexpr std::size_t kMostPayload = 4096;
inline constexpr std::size_t kMostWords = kMostPayload / sizeof(std::uint32_t);
inline constexpr std::size_t kMostPacked = kMostWords + kMostWords / 32;

/// Some bytes as words, the last one filled up with zeros.
class WordBuffer {
 public:
  /// At most kMostPayload bytes.
  void Assign(std::span<const std::byte> bytes);
  void Assign(std::span<const std::uint32_t> packed, std::size_t bytes);

  /// Every word becomes what differs from `other`, whose missing words count as zeros. Twice gives
  /// the words back.
  void Xor(const WordBuffer& other);

  [[nodiscard]] std::span<const std::byte> Bytes() const;
  /// A bit for every word that is not zero, then these words. Valid until the next call.
  std::span<const std::uint32_t> Pack();

 private:
  [[nodiscard]] std::size_t Words() const;

  std::size_t bytes_ = 0;
  std::array<std::uint32_t, kMostWords> words_;
  std::array<std::uint32_t, kMostPacked> packed_;
};

}  // namespace tunewire
