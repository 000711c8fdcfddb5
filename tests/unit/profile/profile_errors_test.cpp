// Error texts are contract: asserted whole, caret and all.
#include <doctest/doctest.h>

#include "unit/profile/reading_aids.h"

namespace tunewire {
namespace {

TEST_CASE("profile errors: all of a file in one go, in the order of the text") {
  CHECK(ErrorsOf(R"({
  "format": 1,
  "name": "web server",
  "sumary": "x",
  "include": ["base", 5],
  "sysctl": {
    "net.core.somaxcon": {"at_leest": 1},
    "net.ipv4.tcp_syn_retries": 200,
    "net.ipv4.tcp_rmem": "4096 010 16777216",
    "kernel.modprobe": "/bin/sh",
    "vm.min_free_kbyte": 1
  },
  "limits": {"nofiles": {"logins": {"*": 1}}}
})") == R"(
t.json:3:11: this is no name for a profile [invalid_value]
|   "name": "web server",
|           ^^^^^^^^^^^^  1 to 64 letters, digits, '-', '_' and '.', a letter or digit first
t.json:4:3: a profile has no field "sumary" [unknown_field]
|   "sumary": "x",
|   ^^^^^^^^  did you mean "summary"?
t.json:5:23: an included profile must be a string, not a number [wrong_type]
|   "include": ["base", 5],
|                       ^  write it like "base"
t.json:7:26: this object asks for nothing [missing_field]
|     "net.core.somaxcon": {"at_leest": 1},
|                          ^  give it "value", "at_least" or "at_most"
t.json:7:27: a setting has no field "at_leest" [unknown_field]
|     "net.core.somaxcon": {"at_leest": 1},
|                           ^^^^^^^^^^  did you mean "at_least"?
t.json:8:33: 200 is out of range [out_of_range]
|     "net.ipv4.tcp_syn_retries": 200,
|                                 ^^^  allowed 1..127
t.json:9:32: default 010 is not a plain decimal number [invalid_value]
|     "net.ipv4.tcp_rmem": "4096 010 16777216",
|                                ^^^  write decimal digits only: no leading zero, no hexadecimal, no unit
t.json:10:5: no profile may set kernel.modprobe [forbidden_key]
|     "kernel.modprobe": "/bin/sh",
|     ^^^^^^^^^^^^^^^^^  it could run programs, weaken the host or not be taken back
t.json:11:5: vm.min_free_kbyte is not a known key [unknown_key]
|     "vm.min_free_kbyte": 1
|     ^^^^^^^^^^^^^^^^^^^  did you mean vm.min_free_kbytes?
t.json:13:14: "nofiles" is no limit [unknown_field]
|   "limits": {"nofiles": {"logins": {"*": 1}}}
|              ^^^^^^^^^  did you mean "nofile"?
)");
}

TEST_CASE("profile errors: the vector's length and order") {
  CHECK(ErrorsOf(R"({"format": 1, "name": "t", "sysctl": {
  "net.ipv4.tcp_wmem": {"at_least": 8192},
  "net.ipv4.ip_local_port_range": "65000 1024"
}})") == R"(
t.json:2:37: net.ipv4.tcp_wmem holds 3 values (min default max), here are 1 [wrong_arity]
|   "net.ipv4.tcp_wmem": {"at_least": 8192},
|                                     ^^^^  say what becomes of each; "keep" leaves one as it is
t.json:3:42: 1024 is below 65000 before it [not_ascending]
|   "net.ipv4.ip_local_port_range": "65000 1024"
|                                          ^^^^  the values of net.ipv4.ip_local_port_range must not decrease
)");
}

TEST_CASE("profile errors: the text itself") {
  CHECK(ErrorsOf("{\"format\": 1,\n \"name\": \"t\",\n}") == R"(
t.json:2:13: no comma may stand after the last one [syntax]
|  "name": "t",
|             ^  remove the comma
)");
  CHECK(
      ErrorsOf("{\"format\": 1, \"name\": \"t\",\n  \"sysctl\": {\"net.core.somaxconn\": 010}}") ==
      R"(
t.json:2:36: '010' is not a plain decimal number [syntax]
|   "sysctl": {"net.core.somaxconn": 010}}
|                                    ^^^  write digits only: no leading zero, no hexadecimal, no unit
)");
  CHECK(ErrorsOf("{\"format\": 1, \"name\": \"t\", \"sysctl\": {\"net.core.somaxconn\": 1.5}}") ==
        R"(
t.json:1:61: only whole numbers are allowed [not_an_integer]
| {"format": 1, "name": "t", "sysctl": {"net.core.somaxconn": 1.5}}
|                                                             ^^^  write all digits, without point and exponent
)");
  CHECK(ErrorsOf("{\"format\": 1, \"name\": \"t\", \"sysctl\": {\"net.core.somaxconn\": 1,\n"
                 "\"net.core.somaxconn\": 2}}") == R"(
t.json:2:1: "net.core.somaxconn" is there twice [duplicate_key]
| "net.core.somaxconn": 2}}
| ^^^^^^^^^^^^^^^^^^^^  first in line 1
)");
}

TEST_CASE("profile errors: the frame") {
  CHECK(ErrorsOf("[1]") == R"(
t.json:1:1: a profile must be an object, not a list [wrong_type]
| [1]
| ^  write it like {"format": 1, "name": "web"}
)");
  CHECK(ErrorsOf("{}") == R"(
t.json:1:1: a profile needs "format" [missing_field]
| {}
| ^  add "format": 1
t.json:1:1: a profile needs "name" [missing_field]
| {}
| ^  add "name": "web"
)");
  CHECK(ErrorsOf(R"({"format": 2, "name": "t", "from_the_future": 1})") == R"(
t.json:1:12: format 2 is not known [unsupported_format]
| {"format": 2, "name": "t", "from_the_future": 1}
|            ^  this program reads format 1
)");
  for (const char* bad : {"", "../x", "a/b", ".x", "-x", "a..b", "a\\n", "a b"}) {
    CAPTURE(bad);
    CHECK(ErrorsOf(Format(R"({{"format": 1, "name": "{}"}})", bad)).find("[invalid_value]") !=
          std::string::npos);
  }
  CHECK(ErrorsOf(R"({"format": 1, "name": "t", "include": ["-"]})").find("[invalid_value]") !=
        std::string::npos);
  CHECK(ErrorsOf(R"({"format": 1, "name": "t", "sysctl": []})").find("[wrong_type]") !=
        std::string::npos);
}

TEST_CASE("profile errors: no more than twenty") {
  std::string text = "{\"format\": 1, \"name\": \"t\", \"sysctl\": {";
  for (int i = 0; i < 500; ++i) text += Format("\"vm.wrong{}\": [],", i);
  text += "\"net.core.somaxconn\": 1}}";
  const auto refused = ParsedText(text);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().size() == 20);
  CHECK(refused.error()[0].code == "unknown_key");
  CHECK(refused.error()[1].code == "invalid_value");
}

TEST_CASE("profile errors: hostile files end at once") {
  CHECK(ParsedText(std::string(1'000'000, '[')).error()[0].code == "too_deep");
  CHECK(ParsedText(std::string(1'100'000, ' ')).error()[0].code == "too_large");
  CHECK(ParsedText("{\"format\": " + std::string(65'536, '9') + "}").error()[0].code ==
        "not_an_integer");
  std::string many = "{\"format\": 1, \"name\": \"t\", \"include\": [";
  for (int i = 0; i < 100'000; ++i) many += "0,";
  CHECK(ParsedText(many + "0]}").error()[0].code == "too_large");
}

}  // namespace
}  // namespace tunewire
