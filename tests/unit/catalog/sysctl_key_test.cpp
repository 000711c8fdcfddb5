#include "tunewire/catalog/sysctl_key.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {
namespace {

using namespace std::string_view_literals;

std::string PathOf(std::string_view text) {
  const auto key = SysctlKey::Parse(text);
  return key ? key->path() : "refused: " + key.error().code;
}

std::string NameOf(std::string_view text) {
  const auto key = SysctlKey::Parse(text);
  return key ? key->name() : "refused: " + key.error().code;
}

bool Matches(std::string_view pattern, std::string_view key) {
  return KeyPattern::Parse(pattern)->Matches(*SysctlKey::Parse(key));
}

TEST_CASE("dots and slashes both separate, and the first one decides which") {
  CHECK(PathOf("net.core.somaxconn") == "net/core/somaxconn");
  CHECK(PathOf("net/core/somaxconn") == "net/core/somaxconn");
  CHECK(PathOf("net.ipv4.conf.eth0/100.rp_filter") == "net/ipv4/conf/eth0.100/rp_filter");
  CHECK(PathOf("net/ipv4/conf/eth0.100/rp_filter") == "net/ipv4/conf/eth0.100/rp_filter");
  CHECK(PathOf("kernel") == "kernel");
}

TEST_CASE("a name shows a part's own dots as slashes and parses back") {
  CHECK(NameOf("net/core/somaxconn") == "net.core.somaxconn");
  CHECK(NameOf("net/ipv4/conf/eth0.100/rp_filter") == "net.ipv4.conf.eth0/100.rp_filter");
  for (const auto text : {"net/ipv4/conf/a.b.c/x", "net.ipv4.conf.vlan/7.y", "one", "a/b"}) {
    CAPTURE(text);
    CHECK(PathOf(NameOf(text)) == PathOf(text));
  }
  const auto key = SysctlKey::Parse("net.ipv4.conf.eth0/100.rp_filter");
  CHECK(key->parts() == std::vector<std::string>{"net", "ipv4", "conf", "eth0.100", "rp_filter"});
}

TEST_CASE("names that would leave /proc/sys are refused") {
  for (const auto text : {""sv,
                          "/"sv,
                          "."sv,
                          ".."sv,
                          "/etc/passwd"sv,
                          "/proc/sys/net/core/somaxconn"sv,
                          "net/"sv,
                          "net."sv,
                          ".net"sv,
                          "net//core"sv,
                          "net..core"sv,
                          "net/../../etc/passwd"sv,
                          "net/./core"sv,
                          "net.ipv4.conf.//.rp_filter"sv,
                          "net.ipv4.conf./.rp_filter"sv,
                          "net/core/.."sv,
                          "net.core.\0somaxconn"sv,
                          "net.core.somaxconn\0"sv,
                          "net.core.somaxconn\n"sv,
                          "net core"sv,
                          " net.core"sv,
                          "net.core\t"sv,
                          "net.core.\x1b[31m"sv,
                          "net.core.\x7f"sv}) {
    CAPTURE(text);
    CHECK(PathOf(text) == "refused: invalid_key");
    CHECK_FALSE(KeyPattern::Parse(text).has_value());
  }
  CHECK(PathOf(std::string(255, 'a')) == std::string(255, 'a'));
  CHECK(PathOf(std::string(256, 'a')) == "refused: invalid_key");
  CHECK(PathOf("net." + std::string(300, 'a')) == "refused: invalid_key");
}

TEST_CASE("a refusal quotes the name so that a terminal is safe") {
  const auto key = SysctlKey::Parse("net.core.\x1b[31m");
  CHECK(key.error().kind == ErrorKind::kInvalid);
  CHECK(key.error().message ==
        "\"net.core.\\x1b[31m\" is no key name: it holds a space or a control character");
  CHECK(SysctlKey::Parse(std::string(9999, 'a')).error().message.size() < 160);
}

bool IsSafe(const std::string& path) {
  const std::string framed = "/" + path + "/";
  return framed.find("//") == std::string::npos && framed.find("/./") == std::string::npos &&
         framed.find("/../") == std::string::npos && path.size() <= 255 &&
         path.find_first_of(std::string_view(" \t\n\r\v\f\0\x1b\x7f", 9)) == std::string::npos;
}

TEST_CASE("1,000 hostile names: refused, or a safe relative path") {
  constexpr std::string_view kPieces[] = {"..",  ".",      "/", "net",  "\n",   "\0"sv, " ",
                                          "etc", "passwd", "*", "proc", "\x1b", "\xff", "eth0"};
  std::mt19937 random(20240611);
  std::uniform_int_distribution<std::size_t> piece(0, std::size(kPieces) - 1);
  std::uniform_int_distribution<int> length(0, 12);
  int accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = i % 10 == 0 ? std::string(300, 'x') : "";
    for (int n = length(random); n > 0; --n) text += kPieces[piece(random)];
    const auto key = SysctlKey::Parse(text);
    if (!key) continue;
    ++accepted;
    CAPTURE(text);
    CHECK(IsSafe(key->path()));
    CHECK(SysctlKey::Parse(key->name())->path() == key->path());
  }
  CHECK(accepted > 0);
}

TEST_CASE("a pattern's globs stay within one part") {
  CHECK(Matches("net.ipv4.conf.*.rp_filter", "net.ipv4.conf.eth0.rp_filter"));
  CHECK(Matches("net.ipv4.conf.*.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"));
  CHECK(Matches("net/ipv4/conf/eth0.*/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"));
  CHECK(Matches("net.ipv4.conf.eth?.rp_filter", "net.ipv4.conf.eth1.rp_filter"));
  CHECK(Matches("net.ipv4.conf.eth[0-3].rp_filter", "net.ipv4.conf.eth2.rp_filter"));
  CHECK(Matches("net.ipv4.conf.[!l]*.rp_filter", "net.ipv4.conf.eth2.rp_filter"));
  CHECK(Matches("net.*.conf.*.forwarding", "net.ipv6.conf.eth2.forwarding"));
  CHECK(Matches("net.core.a[b", "net.core.a[b"));
  CHECK(Matches("net.core.x*y*z", "net.core.xxyyzz"));
  CHECK_FALSE(Matches("net.ipv4.conf.[!l]*.rp_filter", "net.ipv4.conf.lo.rp_filter"));
  CHECK_FALSE(Matches("net.ipv4.conf.eth[0-3].rp_filter", "net.ipv4.conf.eth4.rp_filter"));
  CHECK_FALSE(Matches("net.ipv4.conf.eth?.rp_filter", "net.ipv4.conf.eth.rp_filter"));
  CHECK_FALSE(Matches("net.ipv4.*", "net.ipv4.conf.eth0.rp_filter"));
  CHECK_FALSE(Matches("net.*.rp_filter", "net.ipv4.conf.eth0.rp_filter"));
  CHECK_FALSE(Matches("net.core.x*y*z", "net.core.xxyyzzy"));
  CHECK_FALSE(Matches("net.core", "net.core.somaxconn"));
}

TEST_CASE("a pattern of many stars ends in reasonable time") {
  std::string stars = "net.core.";
  for (int i = 0; i < 100; ++i) stars += "*a";
  CHECK_FALSE(Matches(stars + "b", "net.core." + std::string(240, 'a')));
}

TEST_CASE("a pattern knows the folder that has to be listed") {
  CHECK(KeyPattern::Parse("net.ipv4.conf.eth*.rp_filter")->FixedFolder() == "net/ipv4/conf");
  CHECK(KeyPattern::Parse("net.*.conf.eth*.rp_filter")->FixedFolder() == "net");
  CHECK(KeyPattern::Parse("*")->FixedFolder().empty());
  CHECK(KeyPattern::Parse("net.core.somaxconn")->FixedFolder() == "net/core");
  CHECK_FALSE(KeyPattern::Parse("net.core.somaxconn")->is_glob());
  CHECK(KeyPattern::Parse("net.core.somaxconn")->key().path() == "net/core/somaxconn");
}

}  // namespace
}  // namespace tunewire
