#include "tunewire/base/text.h"

#include <doctest/doctest.h>

#include <limits>

namespace tunewire {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("words are split at any run of white space") {
  CHECK(SplitWords("4096\t131072  6291456\n") == Words{"4096", "131072", "6291456"});
  CHECK(SplitWords(" \t\n").empty());
}

TEST_CASE("split keeps empty parts") { CHECK(Split("a,,b,", ',') == Words{"a", "", "b", ""}); }

TEST_CASE("decimal numbers are canonical or refused") {
  CHECK(ParseDecimal("0") == 0);
  CHECK(ParseDecimal("-5") == -5);
  CHECK(ParseDecimal("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"", "-", "+5", "007", "0x10", "-0", "1 ", " 1", "1e3",
                          "9223372036854775808", "00", "-01"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseDecimal(bad).has_value());
  }
}

TEST_CASE("edit distance counts a swap of neighbours as one") {
  CHECK(EditDistance("somaxconn", "somaxcon") == 1);
  CHECK(EditDistance("rmme", "rmem") == 1);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("same", "same") == 0);
}

TEST_CASE("nearest names come best first and never from far away") {
  const Words names{"net.core.somaxconn", "net.core.rmem_max", "net.core.wmem_max"};
  CHECK(Nearest("net.core.somaxcon", names, 3).front() == "net.core.somaxconn");
  CHECK(Nearest("zzz", names, 3).empty());
  CHECK(Nearest("net.core.xmem_max", names, 1).size() == 1);
}

TEST_CASE("text from outside cannot drive a terminal") {
  CHECK(Printable("nginx\x1b[31m") == "nginx\\x1b[31m");
  CHECK(Printable("caf\xc3\xa9") == "caf\xc3\xa9");
  CHECK(Printable("\xc2\x9b") == "\\xc2\\x9b");
  CHECK(Printable("\xff\x80") == "\\xff\\x80");
  CHECK(Printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
}

TEST_CASE("CRC-32 gives the check value of its standard") {
  CHECK(Crc32Hex("123456789") == "cbf43926");
}

}  // namespace
}  // namespace tunewire
