#include "cli/peer_word.h"

#include <charconv>
#include <optional>

#include "base/format.h"
#include "base/word_error.h"
#include "host/parse_address.h"

namespace tunewire {
namespace {

/// The parts of the word, each a view into it.
struct Parts {
  std::string_view host;
  std::optional<std::string_view> port, prefix;
};

Error Bad(std::string_view text, std::string_view part, std::string message) {
  return WordError("invalid_peer", "--peer", text, part, std::move(message),
                   "such as 10.0.0.9, 10.0.0.0/8, 10.0.0.9:80, 2001:db8::/32 or [::1]:80");
}

std::optional<unsigned> Number(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value < least || value > most ? std::nullopt : std::optional(value);
}

Result<Parts> TakeBrackets(std::string_view text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos)
    return Fail(Bad(text, text.substr(0, 1), "this bracket is not closed"));
  Parts parts;
  parts.host = text.substr(1, close - 1);
  const std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return parts;
  if (rest.front() != ':') return Fail(Bad(text, rest, "a port, :80, may follow the bracket"));
  parts.port = rest.substr(1);
  return parts;
}

/// One colon separates a port; several make an IPv6 address.
Result<Parts> TakeApart(std::string_view text) {
  if (text.starts_with('[')) return TakeBrackets(text);
  Parts parts;
  parts.host = text.substr(0, text.find('/'));
  if (parts.host.size() < text.size()) parts.prefix = text.substr(parts.host.size() + 1);
  const std::size_t colon = parts.host.find(':');
  if (colon == std::string_view::npos || parts.host.find(':', colon + 1) != std::string_view::npos)
    return parts;
  if (parts.prefix) return Fail(Bad(text, *parts.prefix, "a prefix and a port exclude each other"));
  parts.port = parts.host.substr(colon + 1);
  parts.host = parts.host.substr(0, colon);
  return parts;
}

}  // namespace

Result<PeerWord> ParsePeer(std::string_view text) {
  const Result<Parts> parts = TakeApart(text);
  if (!parts) return Fail(parts.error());
  const std::optional<SocketEnd> address = ParseAddress(parts->host);
  if (!address) return Fail(Bad(text, parts->host, "no IPv4 or IPv6 address"));
  PeerWord peer{*address};
  if (parts->port) {
    const std::optional<unsigned> port = Number(*parts->port, 1, 65'535);
    if (!port) return Fail(Bad(text, *parts->port, "a port is a number from 1 to 65535"));
    peer.end.port = static_cast<std::uint16_t>(*port);
  }
  if (parts->prefix) {
    const unsigned bits = address->v6 ? 128 : 32;
    const std::optional<unsigned> prefix = Number(*parts->prefix, 0, bits);
    if (!prefix)
      return Fail(Bad(text, *parts->prefix, Format("a prefix is a number from 0 to {}", bits)));
    peer.prefix = static_cast<std::uint8_t>(*prefix);
  }
  return peer;
}

}  // namespace tunewire
