// Payloads of sock_diag(7), made by hand.
#pragma once

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tunewire::diag {

inline inet_diag_msg Message() {
  inet_diag_msg message{};
  message.idiag_family = AF_INET;
  message.idiag_state = 1;
  message.idiag_timer = 1;
  message.idiag_retrans = 2;
  message.id.idiag_sport = htons(8080);
  message.id.idiag_dport = htons(40000);
  message.id.idiag_src[0] = htonl(0x0A000009);
  message.id.idiag_dst[0] = htonl(0xC0A80102);
  message.id.idiag_if = 3;
  message.id.idiag_cookie[0] = 0x1234;
  message.id.idiag_cookie[1] = 1;
  message.idiag_expires = 200;
  message.idiag_rqueue = 5;
  message.idiag_wqueue = 6;
  message.idiag_uid = 1000;
  message.idiag_inode = 77;
  return message;
}

template <class T>
std::vector<std::byte> BytesOf(const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::byte> BytesOf(const char* text) {
  const auto bytes = std::as_bytes(std::span(text, std::strlen(text) + 1));
  return {bytes.begin(), bytes.end()};
}

class Payload {
 public:
  explicit Payload(const inet_diag_msg& message = Message()) : bytes_(BytesOf(message)) {}

  Payload& Add(int type, const std::vector<std::byte>& value) {
    nlattr header{};
    header.nla_len = static_cast<__u16>(sizeof header + value.size());
    header.nla_type = static_cast<__u16>(type);
    const auto head = BytesOf(header);
    bytes_.insert(bytes_.end(), head.begin(), head.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    while (bytes_.size() % NLA_ALIGNTO != 0) bytes_.push_back(std::byte{0});
    return *this;
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace tunewire::diag
