#include "tunewire/http/request.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// tchar of RFC 9110, 5.6.2.
bool IsTokenByte(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

std::size_t TokenLength(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, IsTokenByte) - text.begin());
}

/// Visible, blank, tab, or obs-text: no byte that ends a line or a string (RFC 9110, 5.5).
bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Error Bad(std::string code, std::string label, std::string_view text, std::size_t at,
          std::string message) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = std::move(code);
  error.message = std::move(message);
  error.subject = std::string(text);
  error.where = SourcePlace{std::move(label), 1, static_cast<int>(at) + 1, 1, std::string(text)};
  return error;
}

Error BadHeader(std::string_view field, std::size_t at, std::string message) {
  Error error = Bad("invalid_header", "header", field, at, std::move(message));
  error.hint = "-H 'Name: value'";
  return error;
}

struct Field {
  std::string_view name, value;
};

Result<Field> SplitField(std::string_view text) {
  const std::size_t name = TokenLength(text);
  if (name == 0) return Fail(BadHeader(text, 0, "a header field begins with its name"));
  if (name == text.size()) return Fail(BadHeader(text, name, "there is no ':' behind the name"));
  if (text[name] != ':') return Fail(BadHeader(text, name, "a field's name cannot hold this"));
  const auto bad = std::ranges::find_if_not(text.substr(name), IsValueByte);
  if (const auto at = static_cast<std::size_t>(bad - text.begin()); at < text.size()) {
    return Fail(BadHeader(text, at, "a field's value cannot hold this byte"));
  }
  return Field{text.substr(0, name), Trim(text.substr(name + 1))};
}

/// What decides where the request ends, or whether the connection lives, is ours to say: a second
/// voice would make the server read another request than we count.
Status CheckOurs(std::string_view text, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOurs{{
      {"Content-Length", "the body's length is counted here, with --data"},
      {"Transfer-Encoding", "a body goes out with its length, not in chunks"},
      {"Connection", "whether connections are kept is for --keepalive to say"},
  }};
  for (const auto& [ours, why] : kOurs) {
    if (SameName(name, ours)) return Fail(BadHeader(text, 0, std::string(why)));
  }
  return {};
}

Status CheckMethod(std::string_view method) {
  const std::size_t token = TokenLength(method);
  if (token == method.size() && token > 0) {
    if (method != "CONNECT") return {};
    return Fail(
        Bad("invalid_method", "method", method, 0, "CONNECT makes a tunnel, not a request"));
  }
  const char* const why = method.empty() ? "the method is missing" : "a method cannot hold this";
  return Fail(Bad("invalid_method", "method", method, token, why));
}

/// Methods that carry content by nature announce even an empty one (RFC 9110, 8.6).
bool AnnouncesLength(const RequestSpec& spec) {
  return !spec.body.empty() || spec.method == "POST" || spec.method == "PUT" ||
         spec.method == "PATCH";
}

}  // namespace

Result<std::string> BuildRequest(const RequestSpec& spec) {
  if (auto sane = CheckMethod(spec.method); !sane) return Fail(std::move(sane.error()));
  std::string fields;
  std::string host = spec.url.Authority();
  bool agent = false, accept = false, host_given = false;
  for (const std::string& text : spec.fields) {
    const auto field = SplitField(text);
    if (!field) return Fail(field.error());
    if (auto sane = CheckOurs(text, field->name); !sane) return Fail(std::move(sane.error()));
    if (SameName(field->name, "Host")) {
      if (host_given) return Fail(BadHeader(text, 0, "a request holds one Host (RFC 9112, 3.2)"));
      host_given = true;
      host = std::string(field->value);
      continue;
    }
    agent = agent || SameName(field->name, "User-Agent");
    accept = accept || SameName(field->name, "Accept");
    fields += Format("{}: {}\r\n", field->name, field->value);
  }
  // Host stands first, as RFC 9110, 7.2 asks.
  std::string text = Format("{} {} HTTP/1.1\r\nHost: {}\r\n", spec.method, spec.url.target, host);
  if (!agent) text += "User-Agent: tunewire\r\n";
  if (!accept) text += "Accept: */*\r\n";
  text += fields;
  if (!spec.keep_alive) text += "Connection: close\r\n";
  if (AnnouncesLength(spec)) text += Format("Content-Length: {}\r\n", spec.body.size());
  return text + "\r\n" + spec.body;
}

}  // namespace tunewire
