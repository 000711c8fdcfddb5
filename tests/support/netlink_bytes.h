// Hand-made netlink attributes and messages.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace tunewire::netlink_bytes {

using Bytes = std::vector<std::byte>;

inline void Append(Bytes& bytes, const void* data, std::size_t size) {
  const auto* begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
  bytes.resize((bytes.size() + 3) / 4 * 4);
}

inline Bytes Attribute(std::uint16_t type, const void* data, std::size_t size) {
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + size), type};
  Bytes bytes;
  Append(bytes, &header, sizeof header);
  Append(bytes, data, size);
  return bytes;
}

inline Bytes Text(std::uint16_t type, const std::string& text) {
  return Attribute(type, text.c_str(), text.size() + 1);
}

template <class Value>
Bytes Number(std::uint16_t type, Value number) {
  return Attribute(type, &number, sizeof number);
}

inline Bytes Joined(const std::vector<Bytes>& parts) {
  Bytes bytes;
  for (const Bytes& one : parts) bytes.insert(bytes.end(), one.begin(), one.end());
  return bytes;
}

inline Bytes Nest(std::uint16_t type, const std::vector<Bytes>& inside) {
  const Bytes bytes = Joined(inside);
  return Attribute(static_cast<std::uint16_t>(type | NLA_F_NESTED), bytes.data(), bytes.size());
}

/// A fixed head and attributes.
template <class Head>
Bytes Message(const Head& head, const std::vector<Bytes>& attributes) {
  Bytes bytes;
  Append(bytes, &head, sizeof head);
  const Bytes rest = Joined(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

}  // namespace tunewire::netlink_bytes
