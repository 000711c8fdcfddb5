#include "host/packed_words.h"

#include <algorithm>
#include <cstring>

namespace tunewire {
namespace {

constexpr std::size_t kBits = 32;

std::size_t MaskWords(std::size_t words) { return (words + kBits - 1) / kBits; }

}  // namespace

std::size_t WordBuffer::Words() const {
  return (bytes_ + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t);
}

void WordBuffer::Assign(std::span<const std::byte> bytes) {
  bytes_ = std::min(bytes.size(), kMostPayload);
  if (bytes_ == 0) return;
  words_[Words() - 1] = 0;
  std::memcpy(words_.data(), bytes.data(), bytes_);
}

void WordBuffer::Assign(std::span<const std::uint32_t> packed, std::size_t bytes) {
  bytes_ = std::min(bytes, kMostPayload);
  std::size_t next = MaskWords(Words());
  for (std::size_t i = 0; i < Words(); ++i) {
    const bool there = (packed[i / kBits] >> (i % kBits) & 1U) != 0;
    words_[i] = there ? packed[next++] : 0;
  }
}

void WordBuffer::Xor(const WordBuffer& other) {
  const std::size_t common = std::min(Words(), other.Words());
  for (std::size_t i = 0; i < common; ++i) words_[i] ^= other.words_[i];
}

std::span<const std::byte> WordBuffer::Bytes() const {
  return std::as_bytes(std::span(words_)).first(bytes_);
}

std::span<const std::uint32_t> WordBuffer::Pack() {
  const std::size_t mask = MaskWords(Words());
  std::fill_n(packed_.begin(), mask, 0U);
  std::size_t next = mask;
  for (std::size_t i = 0; i < Words(); ++i) {
    if (words_[i] == 0) continue;
    packed_[i / kBits] |= 1U << (i % kBits);
    packed_[next++] = words_[i];
  }
  return std::span(packed_).first(next);
}

}  // namespace tunewire
