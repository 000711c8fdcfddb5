#include "probe/bytes.h"

#include <algorithm>

namespace tunewire {
namespace {

bool Printable(char c) { return c >= 0x20 && c <= 0x7e; }

}  // namespace

void ByteWriter::Number(std::uint64_t value, int width) {
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<std::byte>(value >> shift));
  }
}

void ByteWriter::Text(std::string_view text, std::size_t most) {
  text = text.substr(0, most);
  U16(static_cast<std::uint16_t>(text.size()));
  for (const char c : text) bytes_.push_back(static_cast<std::byte>(Printable(c) ? c : '?'));
}

void ByteWriter::Maybe(const std::optional<std::int64_t>& value) {
  U8(value ? 1 : 0);
  if (value) I64(*value);
}

void ByteWriter::Maybe(const std::optional<std::uint32_t>& value) {
  U8(value ? 1 : 0);
  if (value) U32(*value);
}

void ByteWriter::Maybe(const std::optional<std::uint64_t>& value) {
  U8(value ? 1 : 0);
  if (value) U64(*value);
}

void ByteReader::Spoil() {
  ok_ = false;
  rest_ = {};
}

std::uint64_t ByteReader::Number(std::size_t width) {
  if (rest_.size() < width) {
    Spoil();
    return 0;
  }
  std::uint64_t value = 0;
  for (const std::byte b : rest_.first(width)) {
    value = (value << 8) | std::to_integer<std::uint64_t>(b);
  }
  rest_ = rest_.subspan(width);
  return value;
}

std::string ByteReader::Text(std::size_t most) {
  const std::size_t size = U16();
  if (size > most || size > rest_.size()) {
    Spoil();
    return {};
  }
  std::string text(size, '\0');
  std::transform(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(size), text.begin(),
                 [](std::byte b) { return static_cast<char>(b); });
  rest_ = rest_.subspan(size);
  if (std::all_of(text.begin(), text.end(), Printable)) return text;
  Spoil();
  return {};
}

std::size_t ByteReader::Count(std::size_t most, std::size_t least_bytes) {
  const std::size_t count = U16();
  if (count <= most && count * least_bytes <= rest_.size()) return count;
  Spoil();
  return 0;
}

bool ByteReader::Present() {
  const std::uint8_t flag = U8();
  if (flag > 1) Spoil();
  return ok_ && flag == 1;
}

void ByteReader::Maybe(std::optional<std::int64_t>& value) {
  if (Present()) value = I64();
}

void ByteReader::Maybe(std::optional<std::uint32_t>& value) {
  if (Present()) value = U32();
}

void ByteReader::Maybe(std::optional<std::uint64_t>& value) {
  if (Present()) value = U64();
}

}  // namespace tunewire
