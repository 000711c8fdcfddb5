// Names of socket states and ends, as people write them. Pure.
#include "host/socket_end.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/format.h"

namespace tunewire {
namespace {

constexpr std::array<std::string_view, 13> kNames{
    "UNKNOWN", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2",  "TIME_WAIT",
    "CLOSE",   "CLOSE_WAIT",  "LAST_ACK", "LISTEN",       "CLOSING",    "SYN_RECEIVED"};

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// The four bytes of an IPv4 address, mapped or not.
std::span<const std::uint8_t> FourOf(const SocketEnd& end) {
  return std::span(end.address).subspan(IsMappedV4(end) ? kMapped.size() : 0, 4);
}

std::string AddressText(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

bool IsFour(const SocketEnd& end) { return !end.v6 || IsMappedV4(end); }

}  // namespace

bool IsMappedV4(const SocketEnd& end) {
  return end.v6 && std::equal(kMapped.begin(), kMapped.end(), end.address.begin());
}

SocketEnd Unmapped(const SocketEnd& end) {
  if (!IsMappedV4(end)) return end;
  SocketEnd plain{.port = end.port};
  std::ranges::copy(FourOf(end), plain.address.begin());
  return plain;
}

std::string_view NameOf(TcpState state) {
  const auto number = static_cast<std::size_t>(state);
  return number < kNames.size() ? kNames[number] : kNames[0];
}

std::string SocketEnd::Host() const {
  if (IsFour(*this)) return AddressText(AF_INET, FourOf(*this).data());
  return AddressText(AF_INET6, address.data());
}

std::string SocketEnd::Text() const {
  return IsFour(*this) ? Format("{}:{}", Host(), port) : Format("[{}]:{}", Host(), port);
}

bool SocketEnd::IsLoopback() const {
  if (IsFour(*this)) return FourOf(*this)[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return address == one;
}

}  // namespace tunewire
