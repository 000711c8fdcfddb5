// Very many sockets kept small: what sock_diag(7) sent, packed, and decoded again when asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// Payloads that DecodeSocket reads, by cookie, without loss: words that are zero are left out, and
/// the last payload is kept as its difference from the first. About 300 bytes a connection.
class SocketStore {
 public:
  SocketStore();

  /// The first payload of a cookie stays, every later one is its last. Answers its number: from 0
  /// in the order of first appearance. Nothing where it is no socket's payload or over 4 KiB.
  std::optional<std::size_t> Put(std::span<const std::byte> raw);

  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] std::optional<std::size_t> Find(std::uint64_t cookie) const;
  [[nodiscard]] std::uint64_t Cookie(std::size_t number) const { return records_[number].cookie; }
  [[nodiscard]] SocketInfo First(std::size_t number) const;
  [[nodiscard]] SocketInfo Last(std::size_t number) const;
  [[nodiscard]] std::vector<std::byte> FirstRaw(std::size_t number) const;
  [[nodiscard]] std::vector<std::byte> LastRaw(std::size_t number) const;

  /// Of everything it holds, the room for what comes next included.
  [[nodiscard]] std::size_t MemoryBytes() const;

 private:
  /// Where packed words stand, and how many; none where `words` is 0.
  struct Slot {
    std::uint32_t at = 0;
    std::uint16_t words = 0;
    std::uint16_t bytes = 0;  ///< of the payload before packing
  };
  struct Record {
    std::uint64_t cookie = 0;
    Slot first, last;
  };
  using Chunk = std::vector<std::uint32_t>;

  [[nodiscard]] std::span<std::uint32_t> WordsOf(const Slot& slot);
  [[nodiscard]] std::span<const std::uint32_t> WordsOf(const Slot& slot) const;
  bool Keep(std::span<const std::uint32_t> packed, std::size_t bytes, Slot& slot);
  void Release(const Slot& slot);
  [[nodiscard]] std::size_t PlaceOf(std::uint64_t cookie) const;
  void Remember(std::uint64_t cookie);

  std::vector<Chunk> chunks_;
  std::size_t used_ = 0;                          ///< words of the last chunk
  std::vector<std::vector<std::uint32_t>> free_;  ///< where, by number of words
  std::vector<Record> records_;
  std::vector<std::uint32_t> by_cookie_;  ///< open addressing: number + 1, 0 where empty
};

}  // namespace tunewire
