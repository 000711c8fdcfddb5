#include "tunewire/http/request.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

namespace tunewire {

std::ostream& operator<<(std::ostream& out, const HttpUrl& url) {
  return out << url.host << " port " << url.port << " target " << url.target;
}

namespace {

/// The part of the text that an error points to.
std::string Pointed(const Error& error) {
  if (!error.where) return "(nowhere)";
  const auto from = static_cast<std::size_t>(error.where->column - 1);
  return from >= error.where->excerpt.size()
             ? "(end)"
             : error.where->excerpt.substr(from, static_cast<std::size_t>(error.where->length));
}

std::string Built(const RequestSpec& spec) {
  const auto text = BuildRequest(spec);
  return text ? *text : text.error().code + " at " + Pointed(text.error());
}

std::string WithField(std::string field) {
  RequestSpec spec{.url = {"h", 80, "/"}};
  spec.fields.push_back(std::move(field));
  return Built(spec);
}

}  // namespace

TEST_CASE("http url: what people write") {
  struct Good {
    const char* text;
    HttpUrl want;
    const char* authority;
  };
  const std::vector<Good> cases{
      {"http://example.org", {"example.org", 80, "/"}, "example.org"},
      {"http://example.org:80/", {"example.org", 80, "/"}, "example.org"},
      {"HTTP://Example.ORG:8080/A?b=c#d", {"example.org", 8080, "/A?b=c"}, "example.org:8080"},
      {"http://example.org?q", {"example.org", 80, "/?q"}, "example.org"},
      {"http://example.org#f", {"example.org", 80, "/"}, "example.org"},
      {"http://example.org:/x", {"example.org", 80, "/x"}, "example.org"},
      {"localhost:8080/x", {"localhost", 8080, "/x"}, "localhost:8080"},
      {"localhost", {"localhost", 80, "/"}, "localhost"},
      {"10.0.0.9:81", {"10.0.0.9", 81, "/"}, "10.0.0.9:81"},
      {"[::1]:8080/x", {"::1", 8080, "/x"}, "[::1]:8080"},
      {"http://[2001:db8::1]", {"2001:db8::1", 80, "/"}, "[2001:db8::1]"},
      {"http://[::ffff:10.0.0.9]/", {"::ffff:10.0.0.9", 80, "/"}, "[::ffff:10.0.0.9]"},
      {"http://[fe80::1%25eth0]:81/", {"fe80::1%eth0", 81, "/"}, "[fe80::1]:81"},
      {"http://[fe80::1%eth0]/", {"fe80::1%eth0", 80, "/"}, "[fe80::1]"},
      {"localhost/x?u=http://a@b:c/", {"localhost", 80, "/x?u=http://a@b:c/"}, "localhost"},
      {"http://h/%7e%", {"h", 80, "/%7e%"}, "h"},
      {"my_host.local.:1", {"my_host.local.", 1, "/"}, "my_host.local.:1"},
  };
  for (const Good& one : cases) {
    CAPTURE(one.text);
    const auto url = ParseHttpUrl(one.text);
    REQUIRE(url.has_value());
    CHECK(*url == one.want);
    CHECK(url->Authority() == one.authority);
  }
}

TEST_CASE("http url: what is wrong is pointed to") {
  struct Wrong {
    std::string text;
    const char* pointed;
    const char* code = "invalid_url";
  };
  const std::vector<Wrong> cases{
      {"", "(end)"},
      {"http://", "(end)"},
      {"http:///x", "/"},
      {"/x", "/"},
      {"ftp://h/", "ftp"},
      {"1x://h/", "1x"},
      {"http:/h", "/"},
      {"http://u:p@h/", "u:p@"},
      {"http://h:0/", "0"},
      {"http://h:65536/", "65536"},
      {"http://h:8o/", "8o"},
      {"h:", "(end)"},
      {"http://h:-1/", "-1"},
      {"::1", "::1"},
      {"http://[::1", "[::1"},
      {"http://[::1]x/", "x"},
      {"http://[1::2::3]/", "1::2::3"},
      {"http://[1:2:3]/", "1:2:3"},
      {"http://[:1:2:3:4:5:6:7]/", ":1:2:3:4:5:6:7"},
      {"http://[1.2.3.4::]/", "1.2.3.4::"},
      {"http://[fe80::1%]/", "fe80::1%"},
      {"http://ho st/", " "},
      {"http://h\xc3\xb6st/", "\xc3\xb6"},
      {"http://h/a b", " "},
      {"http://h/a\r\nX: y", "\r"},
      {"http://h/\xc3\xb6", "\xc3"},
      {"http://" + std::string(254, 'a') + "/", nullptr},
      {"https://h/x", "https", "https"},
  };
  for (const Wrong& one : cases) {
    CAPTURE(one.text);
    const auto url = ParseHttpUrl(one.text);
    REQUIRE_FALSE(url.has_value());
    CHECK(url.error().code == one.code);
    CHECK_FALSE(url.error().message.empty());
    if (one.pointed != nullptr) CHECK(Pointed(url.error()) == one.pointed);
  }
  CHECK(ParseHttpUrl("https://h/").error().kind == ErrorKind::kUnsupported);
  CHECK(ParseHttpUrl("h:x").error().kind == ErrorKind::kUsage);
}

TEST_CASE("http request: the bytes that go out") {
  RequestSpec spec{.url = {"example.org", 8080, "/x?y"}};
  CHECK(Built(spec) ==
        "GET /x?y HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: tunewire\r\nAccept: */*\r\n"
        "\r\n");
  spec.keep_alive = false;
  spec.method = "POST";
  spec.fields = {"X-A:  b ", "user-agent: me", "Accept:", "host: other"};
  spec.body = "k=v";
  CHECK(Built(spec) ==
        "POST /x?y HTTP/1.1\r\nHost: other\r\nX-A: b\r\nuser-agent: me\r\nAccept: \r\n"
        "Connection: close\r\nContent-Length: 3\r\n\r\nk=v");
  CHECK(Built({.url = {"::1", 80, "/"}, .method = "PUT"}).find("\r\nContent-Length: 0\r\n") !=
        std::string::npos);
  CHECK(Built({.url = {"h", 80, "/"}, .method = "HEAD"}).find("Content-Length") ==
        std::string::npos);
}

TEST_CASE("http request: nobody smuggles a second one") {
  CHECK(WithField("X: a\r\nY: b") == "invalid_header at \r");
  CHECK(WithField("X: a\nGET / HTTP/1.1") == "invalid_header at \n");
  CHECK(WithField(std::string("X: a\0b", 6)) == "invalid_header at " + std::string(1, '\0'));
  CHECK(WithField("X") == "invalid_header at (end)");
  CHECK(WithField("") == "invalid_header at (end)");
  CHECK(WithField(": x") == "invalid_header at :");
  CHECK(WithField("X : y") == "invalid_header at  ");
  CHECK(WithField(" X: y") == "invalid_header at  ");
  CHECK(WithField("content-length: 5") == "invalid_header at c");
  CHECK(WithField("Transfer-Encoding: chunked") == "invalid_header at T");
  CHECK(WithField("Connection: close") == "invalid_header at C");
  CHECK(WithField("X: caf\xc3\xa9").find("X: caf\xc3\xa9\r\n") != std::string::npos);

  RequestSpec spec{.url = {"h", 80, "/"}};
  spec.fields = {"Host: a", "host: b"};
  CHECK(Built(spec) == "invalid_header at h");
  CHECK(Built({.url = {"h", 80, "/"}, .method = "GET /x"}) == "invalid_method at  ");
  CHECK(Built({.url = {"h", 80, "/"}, .method = ""}) == "invalid_method at (end)");
  CHECK(Built({.url = {"h", 80, "/"}, .method = "CONNECT"}) == "invalid_method at C");
}

}  // namespace tunewire
