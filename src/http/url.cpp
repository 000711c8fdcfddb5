#include <algorithm>
#include <array>
#include <charconv>

#include "base/format.h"
#include "base/word_error.h"
#include "tunewire/base/text.h"
#include "tunewire/http/request.h"

namespace tunewire {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035, 2.3.4, without the length bytes

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// One part of the text as given, which errors point to.
class UrlText {
 public:
  explicit UrlText(std::string_view whole) : whole_(whole) {}

  [[nodiscard]] std::string_view whole() const { return whole_; }

  /// `part` is a view into the whole; an empty one points to where something is missing.
  [[nodiscard]] Error Bad(std::string_view part, std::string message, std::string hint) const {
    Error error =
        WordError("invalid_url", "URL", whole_, part, std::move(message), std::move(hint));
    error.subject = std::string(whole_);
    return error;
  }

 private:
  std::string_view whole_;
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Error HttpsRefused(std::string_view text) {
  Error error;
  error.kind = ErrorKind::kUnsupported;
  error.code = "https";
  error.message = "https is not spoken here: TLS records hide which write a byte came from";
  error.subject = std::string(text);
  error.hint = "ask the server behind the TLS proxy by http, or a plain listener beside it";
  error.where = SourcePlace{"URL", 1, 1, 5, std::string(text)};
  return error;
}

bool IsScheme(std::string_view text) {
  return !text.empty() && IsAlpha(text.front()) && std::ranges::all_of(text, [](char c) {
    return IsAlpha(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
  });
}

/// Takes "http://" off; a text without a scheme stays as it is.
Status TakeScheme(const UrlText& url, std::string_view& rest, bool& given) {
  const std::size_t end = rest.find("://");
  given = end != std::string_view::npos && rest.find_first_of("/?#") == end + 1;
  if (!given) return {};
  const std::string_view scheme = rest.substr(0, end);
  if (!IsScheme(scheme)) return Fail(url.Bad(scheme, "this is no scheme", "write http://"));
  const std::string name = Lower(scheme);
  if (name == "https") return Fail(HttpsRefused(url.whole()));
  if (name != "http") {
    return Fail(
        url.Bad(scheme, Format("'{}' is not spoken here, only http", name), "write http://"));
  }
  rest.remove_prefix(end + 3);
  return {};
}

bool IsIpv4(std::string_view text) {
  int parts = 0;
  for (const std::string& part : Split(text, '.')) {
    const auto number = ParseDecimal(part);
    if (!number || *number < 0 || *number > 255) return false;
    ++parts;
  }
  return parts == 4;
}

/// Groups of 16 bits in "1:2:3", an IPv4 address at the end being two; -1 where one is malformed.
int GroupsOf(std::string_view text) {
  if (text.empty()) return 0;
  int groups = 0;
  const auto parts = Split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i + 1 == parts.size() && IsIpv4(parts[i])) return groups + 2;
    if (parts[i].empty() || parts[i].size() > 4 || !std::ranges::all_of(parts[i], IsHex)) return -1;
    ++groups;
  }
  return groups;
}

/// RFC 4291, 2.2.
bool IsIpv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return GroupsOf(text) == 8;
  const int front = GroupsOf(text.substr(0, gap));
  const int back = GroupsOf(text.substr(gap + 2));
  // "1.2.3.4::" counts as two groups in front, where no IPv4 address may stand.
  if (text.substr(0, gap).find('.') != std::string_view::npos) return false;
  return front >= 0 && back >= 0 && front + back <= 7;
}

/// "fe80::1", or with the zone "%25eth0" of RFC 6874 or the "%eth0" people write.
Result<std::string> Ipv6Host(const UrlText& url, std::string_view inside) {
  const std::size_t percent = inside.find('%');
  const std::string_view address = inside.substr(0, percent);
  if (!IsIpv6(address)) {
    return Fail(url.Bad(inside, "this is no IPv6 address", "for example http://[::1]:8080/"));
  }
  if (percent == std::string_view::npos) return std::string(address);
  std::string_view zone = inside.substr(percent + 1);
  if (zone.starts_with("25") && zone.size() > 2) zone.remove_prefix(2);
  const bool sane = !zone.empty() && std::ranges::all_of(zone, [](char c) {
    return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
  });
  if (!sane) return Fail(url.Bad(inside, "the zone is no interface name", "[fe80::1%25eth0]"));
  return Format("{}%{}", address, zone);
}

Result<std::string> NameHost(const UrlText& url, std::string_view host) {
  if (host.empty()) return Fail(url.Bad(host, "the host is missing", "http://HOST:PORT/PATH"));
  if (host.size() > kLongestHost) return Fail(url.Bad(host, "the host name is too long", {}));
  for (std::size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    if (IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~') continue;
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    return Fail(url.Bad(host.substr(i, ascii ? 1 : Utf8Length(host.substr(i))),
                        "a host name cannot hold this",
                        ascii ? "" : "write the name's ASCII form (xn--...)"));
  }
  return Lower(host);
}

Result<std::uint16_t> PortOf(const UrlText& url, std::string_view digits) {
  unsigned port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || stop != end || port == 0 || port > 65535) {
    return Fail(url.Bad(digits, "a port is a number from 1 to 65535", {}));
  }
  return static_cast<std::uint16_t>(port);
}

/// "host", "host:port", "[::1]:port"; `empty_port` says whether "host:" stands for 80.
Status TakeAuthority(const UrlText& url, std::string_view authority, bool empty_port,
                     HttpUrl& made) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    return Fail(url.Bad(authority.substr(0, at + 1), "a URL for a server holds no user or password",
                        "send them with -H 'Authorization: ...'"));
  }
  const bool bracket = authority.starts_with('[');
  const std::size_t close = authority.find(']');
  if (bracket && close == std::string_view::npos) {
    return Fail(url.Bad(authority, "the bracket of the IPv6 address is not closed", {}));
  }
  const std::size_t end = bracket ? close + 1 : std::min(authority.find(':'), authority.size());
  auto host = bracket ? Ipv6Host(url, authority.substr(1, close - 1))
                      : NameHost(url, authority.substr(0, end));
  if (!bracket && std::ranges::count(authority, ':') > 1) {
    return Fail(url.Bad(authority, "an IPv6 address stands in brackets", "http://[::1]:8080/"));
  }
  if (!host) return Fail(std::move(host.error()));
  made.host = std::move(*host);
  const std::string_view rest = authority.substr(end);
  if (rest.empty() || (rest == ":" && empty_port)) return {};
  if (rest.front() != ':')
    return Fail(url.Bad(rest, "behind the bracket only :PORT may follow", {}));
  const auto port = PortOf(url, rest.substr(1));
  if (!port) return Fail(port.error());
  made.port = *port;
  return {};
}

/// Only what would break the request line is refused; which characters a path wants escaped is the
/// server's business, and browsers send '|' and the like as they are.
Status CheckTarget(const UrlText& url, std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto byte = static_cast<unsigned char>(target[i]);
    if (byte > 0x20 && byte < 0x7F) continue;
    return Fail(url.Bad(target.substr(i, 1), "a path cannot hold this byte",
                        Format("write it as %{:02X}", byte)));
  }
  return {};
}

}  // namespace

std::string HttpUrl::Authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  // A zone means something on this host only, and is left out (RFC 6874, 4).
  const std::string name = ipv6 ? Format("[{}]", host.substr(0, host.find('%'))) : host;
  return port == 80 ? name : Format("{}:{}", name, port);
}

Result<HttpUrl> ParseHttpUrl(std::string_view text) {
  const UrlText url(text);
  std::string_view rest = text;
  bool scheme_given = false;
  if (auto taken = TakeScheme(url, rest, scheme_given); !taken) {
    return Fail(std::move(taken.error()));
  }
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  HttpUrl made;
  if (auto taken = TakeAuthority(url, rest.substr(0, end), scheme_given, made); !taken) {
    return Fail(std::move(taken.error()));
  }
  const std::string_view path = rest.substr(end);
  const std::string_view target = path.substr(0, path.find('#'));
  if (auto checked = CheckTarget(url, target); !checked) return Fail(std::move(checked.error()));
  made.target = target.starts_with('/') ? std::string(target) : Format("/{}", target);
  return made;
}

}  // namespace tunewire
