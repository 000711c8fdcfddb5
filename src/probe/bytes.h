// Numbers and texts in network byte order, written to and read from bytes with every length
// checked. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

using Bytes = std::vector<std::byte>;

class ByteWriter {
 public:
  void U8(std::uint8_t value) { Number(value, 1); }
  void U16(std::uint16_t value) { Number(value, 2); }
  void U32(std::uint32_t value) { Number(value, 4); }
  void U64(std::uint64_t value) { Number(value, 8); }
  void I64(std::int64_t value) { U64(static_cast<std::uint64_t>(value)); }
  /// Clipped to `most` bytes; what no terminal should see becomes '?'.
  void Text(std::string_view text, std::size_t most);

  void Maybe(const std::optional<std::int64_t>& value);
  void Maybe(const std::optional<std::uint32_t>& value);
  void Maybe(const std::optional<std::uint64_t>& value);

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] Bytes Take() { return std::move(bytes_); }

 private:
  void Number(std::uint64_t value, int width);

  Bytes bytes_;
};

/// Reads from the front. The first thing that is not there or not allowed spoils the reader: all
/// further reads give zero or nothing, and ok() stays false.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::uint8_t U8() { return static_cast<std::uint8_t>(Number(1)); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Number(2)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Number(4)); }
  std::uint64_t U64() { return Number(8); }
  std::int64_t I64() { return static_cast<std::int64_t>(U64()); }
  /// At most `most` bytes of printable ASCII; anything else spoils.
  std::string Text(std::size_t most);
  /// A count of things, each at least `least_bytes` long: spoils where they cannot be there.
  std::size_t Count(std::size_t most, std::size_t least_bytes);

  void Maybe(std::optional<std::int64_t>& value);
  void Maybe(std::optional<std::uint32_t>& value);
  void Maybe(std::optional<std::uint64_t>& value);
  bool Present();  ///< a byte that is 0 or 1

  void Spoil();
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool Finished() const { return ok_ && rest_.empty(); }

 private:
  std::uint64_t Number(std::size_t width);

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace tunewire
