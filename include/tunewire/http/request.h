// Where to ask, and the bytes of one HTTP/1.1 request. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

/// "http://host:port/path?query" taken apart (RFC 3986, RFC 9110).
struct HttpUrl {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query, percent signs as given; no fragment

  [[nodiscard]] std::string Authority() const;  ///< for the Host field: "[::1]:8080", "example.org"

  bool operator==(const HttpUrl&) const = default;
};

/// A scheme may be left out ("localhost:8080/x"). Errors: kUsage "invalid_url" with a place in
/// `text`; kUnsupported "https" with a sentence.
Result<HttpUrl> ParseHttpUrl(std::string_view text);

struct RequestSpec {
  HttpUrl url;
  std::string method = "GET";
  std::vector<std::string>
      fields;  ///< "Name: value" as given with -H; one named Host replaces ours
  std::string body;
  bool keep_alive = true;  ///< false adds "Connection: close"
};

/// The whole request as it goes out. Errors: kUsage "invalid_header", "invalid_method" for bytes
/// that RFC 9112 forbids (so that nobody smuggles a second request).
Result<std::string> BuildRequest(const RequestSpec& spec);

}  // namespace tunewire
