#include "host/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

static_assert(sizeof(sockaddr_in6) == sizeof(SocketAddress{}.bytes));

template <class Kernel>
Kernel As(const SocketAddress& address) {
  Kernel kernel{};
  std::memcpy(&kernel, address.bytes.data(), sizeof kernel);
  return kernel;
}

template <class Kernel>
SocketAddress From(const Kernel& kernel) {
  SocketAddress address;
  std::memcpy(address.bytes.data(), &kernel, sizeof kernel);
  address.length = sizeof kernel;
  return address;
}

std::string HostText(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return "?";
  return text.data();
}

std::string ZoneText(std::uint32_t zone) { return zone == 0 ? std::string() : Format("%{}", zone); }

Error Invalid(const std::string& text, std::string why) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_address";
  error.subject = text;
  error.message = Format("'{}' is no address: {}", Printable(text), std::move(why));
  error.hint = "write HOST:PORT, 10.0.0.9:7411 or [2001:db8::9]:7411";
  return error;
}

bool IsV6Literal(const std::string& host) {
  in6_addr bytes{};
  return ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &bytes) == 1;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// What is wrong with a host outside brackets; empty for nothing.
std::string FaultOfName(const std::string& host) {
  if (host.empty()) return "the host is missing";
  if (host.find(':') != std::string::npos) return "an IPv6 address stands in brackets";
  if (host.size() > 253) return "a host name has at most 253 characters";
  if (!std::all_of(host.begin(), host.end(), IsHostCharacter)) {
    return Format("'{}' is no host name", Printable(host));
  }
  return {};
}

Result<std::uint16_t> ParsePort(const std::string& text, const std::string& port) {
  if (port.empty()) return Fail(Invalid(text, "the port is missing"));
  const std::optional<std::int64_t> number = ParseDecimal(port);
  if (!number || *number < 1 || *number > 65535) {
    return Fail(Invalid(text, Format("the port is 1..65535, not '{}'", Printable(port))));
  }
  return static_cast<std::uint16_t>(*number);
}

Result<HostPort> ParseBracketed(const std::string& text) {
  const std::size_t close = text.find(']');
  if (close == std::string::npos) return Fail(Invalid(text, "the closing bracket is missing"));
  HostPort where{text.substr(1, close - 1), 0};
  if (!IsV6Literal(where.host)) {
    return Fail(Invalid(text, "between the brackets stands no IPv6 address"));
  }
  if (close + 1 >= text.size() || text[close + 1] != ':') {
    return Fail(Invalid(text, "the port is missing"));
  }
  const Result<std::uint16_t> port = ParsePort(text, text.substr(close + 2));
  if (!port) return Fail(port.error());
  where.port = *port;
  return where;
}

Error NoSuchHost(const HostPort& where, int answer, int os_error) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_host";
  error.operation = "getaddrinfo";
  error.subject = where.host;
  error.os_error = answer == EAI_SYSTEM ? os_error : 0;
  error.message = Format("no address for '{}': {}", Printable(where.host),
                         answer == EAI_SYSTEM ? DescribeErrno(os_error) : ::gai_strerror(answer));
  return error;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::vector<SocketAddress> Unique(const addrinfo* list) {
  std::vector<SocketAddress> addresses;
  for (; list != nullptr; list = list->ai_next) {
    const std::optional<SocketAddress> one = AddressFrom(list->ai_addr, list->ai_addrlen);
    if (!one || std::find(addresses.begin(), addresses.end(), *one) != addresses.end()) continue;
    addresses.push_back(*one);
  }
  return addresses;
}

}  // namespace

int FamilyOf(const SocketAddress& address) {
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, address.bytes.data(), sizeof family);
  return address.length == 0 ? AF_UNSPEC : family;
}

std::optional<SocketAddress> AddressFrom(const sockaddr* address, std::size_t length) {
  if (address == nullptr || length < sizeof(sa_family_t)) return std::nullopt;
  const std::size_t needed = address->sa_family == AF_INET    ? sizeof(sockaddr_in)
                             : address->sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                              : 0;
  if (needed == 0 || length < needed) return std::nullopt;
  SocketAddress result;
  std::memcpy(result.bytes.data(), address, needed);
  result.length = static_cast<std::uint32_t>(needed);
  return result;
}

std::string SocketAddress::Text() const {
  if (FamilyOf(*this) == AF_INET) {
    const auto v4 = As<sockaddr_in>(*this);
    return Format("{}:{}", HostText(AF_INET, &v4.sin_addr), ntohs(v4.sin_port));
  }
  if (FamilyOf(*this) == AF_INET6) {
    const auto v6 = As<sockaddr_in6>(*this);
    return Format("[{}{}]:{}", HostText(AF_INET6, &v6.sin6_addr), ZoneText(v6.sin6_scope_id),
                  ntohs(v6.sin6_port));
  }
  return "no address";
}

std::uint16_t SocketAddress::port() const {
  // Both structures have it at the same place, right after the family.
  return length == 0 ? std::uint16_t{0} : ntohs(As<sockaddr_in>(*this).sin_port);
}

bool SocketAddress::SameHost(const SocketAddress& other) const {
  return length != 0 && WithPort(*this, 0) == WithPort(other, 0);
}

bool SocketAddress::IsLoopback() const {
  constexpr std::uint8_t kLoopbackNet = 127;
  if (FamilyOf(*this) == AF_INET) {
    const std::uint32_t host = ntohl(As<sockaddr_in>(*this).sin_addr.s_addr);
    return host >> 24 == kLoopbackNet;
  }
  if (FamilyOf(*this) != AF_INET6) return false;
  const in6_addr host = As<sockaddr_in6>(*this).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&host) ||
         (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == kLoopbackNet);
}

SocketAddress WithPort(const SocketAddress& address, std::uint16_t port) {
  SocketAddress result = address;
  const std::uint16_t wire = htons(port);
  if (address.length != 0) {
    std::memcpy(result.bytes.data() + offsetof(sockaddr_in, sin_port), &wire, sizeof wire);
  }
  return result;
}

SocketAddress WithScope(const SocketAddress& address, std::uint32_t interface) {
  if (FamilyOf(address) != AF_INET6) return address;
  auto v6 = As<sockaddr_in6>(address);
  v6.sin6_scope_id = interface;
  return From(v6);
}

bool IsLinkLocal(const SocketAddress& address) {
  if (FamilyOf(address) != AF_INET6) return false;
  const auto v6 = As<sockaddr_in6>(address);
  return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

SocketAddress LoopbackV4() {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return From(v4);
}

SocketAddress LoopbackV6() {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  return From(v6);
}

Result<HostPort> ParseHostPort(const std::string& text) {
  if (text.find('\0') != std::string::npos) return Fail(Invalid(text, "it holds a NUL byte"));
  if (!text.empty() && text[0] == '[') return ParseBracketed(text);
  const std::size_t colon = text.rfind(':');
  if (IsV6Literal(text)) return Fail(Invalid(text, "an IPv6 address stands in brackets"));
  const std::string host = text.substr(0, colon);
  if (const std::string fault = FaultOfName(host); !fault.empty()) {
    return Fail(Invalid(text, fault));
  }
  if (colon == std::string::npos) return Fail(Invalid(text, "the port is missing"));
  const Result<std::uint16_t> port = ParsePort(text, text.substr(colon + 1));
  if (!port) return Fail(port.error());
  return HostPort{host, *port};
}

Result<std::vector<SocketAddress>> ResolveHost(const HostPort& where) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = Format("{}", where.port);
  const int answer = ::getaddrinfo(where.host.c_str(), port.c_str(), &wanted, &list);
  if (answer != 0) return Fail(NoSuchHost(where, answer, errno));
  const std::unique_ptr<addrinfo, FreeAddresses> owned(list);
  std::vector<SocketAddress> addresses = Unique(list);
  if (addresses.empty()) return Fail(NoSuchHost(where, EAI_NONAME, 0));
  return addresses;
}

}  // namespace tunewire
