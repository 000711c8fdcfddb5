// Mutations of a profile with everything in it: whatever comes, the reader answers with a profile
// or with errors that have a place inside the text.
#include <doctest/doctest.h>

#include <random>

#include "tunewire/base/text.h"
#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

constexpr std::string_view kSeed = R"({ "format": 1, "name": "web", "include": ["base"],
"sysctl": {
"net.core.somaxconn": {"at_least": 8192, "why": "x", "optional": true},
"net.ipv4.tcp_rmem": ["keep", 131072, {"at_least": 16777216}],
"net.ipv4.tcp_mem": ["keep", "keep", {"at_most": "5% of ram"}],
"net.ipv4.ip_local_port_range": "1024 65535",
"net.ipv4.conf.eth*.rp_filter": 1, "net.ipv4.ip_local_reserved_ports": "80,90-95" },
"limits": {"nofile": {"logins": {"*": 5, "root": {"soft": 1, "hard": 2}},
"services": {"a.service": 9}, "running": {"nginx": 7}}} } // end
)";

constexpr std::string_view kPieces[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "\"",
                                        "//",
                                        "/*",
                                        "\\u00",
                                        "null",
                                        "true",
                                        "-1",
                                        "010",
                                        "0x1",
                                        "1e9",
                                        "keep",
                                        "% of ram",
                                        "\"why\"",
                                        "*",
                                        "?",
                                        "..",
                                        "/",
                                        "\n",
                                        "\t",
                                        "\x80",
                                        "99999999999999999999",
                                        "at_least",
                                        "value",
                                        "net.",
                                        "kernel.modprobe",
                                        "unlimited",
                                        "\\ud800",
                                        "\\n"};

class Mutator {
 public:
  std::string Next() {
    std::string text(kSeed);
    for (std::size_t n = 1 + Below(5); n > 0; --n) Mutate(text);
    return text;
  }

 private:
  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(random_()) % n; }

  void Mutate(std::string& text) {
    const std::size_t at = Below(text.size());
    switch (Below(5)) {
      case 0:
        text[at] = static_cast<char>(Below(256));
        return;
      case 1:
        text.erase(at, 1 + Below(20));
        break;
      case 2:
        text.insert(at, text.substr(Below(text.size()), Below(60)));
        break;
      default:
        text.insert(at, kPieces[Below(std::size(kPieces))]);
    }
    if (text.empty()) text = "{";
  }

  std::mt19937 random_{987654321};
};

void CheckPlaces(const std::string& text, const std::vector<Error>& errors) {
  REQUIRE_FALSE(errors.empty());
  REQUIRE(errors.size() <= 20);
  const std::vector<std::string> lines = Split(text, '\n');
  int line = 0;
  for (const Error& error : errors) {
    CHECK_FALSE(error.code.empty());
    CHECK_FALSE(error.message.empty());
    CHECK(Printable(error.message) == error.message);
    CHECK(Printable(error.hint) == error.hint);
    REQUIRE(error.where.has_value());
    CHECK(error.where->line >= line);  // in the order of the text
    line = error.where->line;
    REQUIRE(static_cast<std::size_t>(line) <= lines.size());
    const std::size_t width = lines[static_cast<std::size_t>(line) - 1].size();
    CHECK(static_cast<std::size_t>(error.where->column - 1) <= width);
  }
}

TEST_CASE("profile: mutations never break the reader") {
  Mutator mutator;
  int accepted = 0;
  for (int round = 0; round < 6'000; ++round) {
    const std::string text = mutator.Next();
    CAPTURE(text);
    const auto profile = ParsedText(text);
    if (!profile) {
      CheckPlaces(text, profile.error());
      continue;
    }
    ++accepted;
    for (const Setting& setting : profile->settings) {
      const Result<Requirement> again = Requirement::Parse(setting.want.ToText());
      REQUIRE(again.has_value());
      CHECK(*again == setting.want);
    }
  }
  CHECK(accepted > 20);
  CHECK(accepted < 5'000);
}

}  // namespace
}  // namespace tunewire
