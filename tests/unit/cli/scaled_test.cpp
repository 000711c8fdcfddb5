#include "cli/scaled.h"

#include <doctest/doctest.h>

#include "base/format.h"

namespace tunewire {

TEST_CASE("scaled: powers of 1000, exact where the number is whole") {
  CHECK(ParseScaled("10") == 10);
  CHECK(ParseScaled("2.5k") == 2'500);
  CHECK(ParseScaled("10G") == 1e10);
  CHECK(ParseScaled("1T") == 1e12);
  for (int i = 1; i < 10'000; ++i) {
    const auto text = Format("{}.{:03}", i / 1'000, i % 1'000);
    CHECK(ParseScaled(text + "k") == i);
    CHECK(ParseScaled(text + "M") == i * 1e3);
  }
}

TEST_CASE("scaled: powers of 1024") {
  CHECK(ParseScaledBytes("200") == 200);
  CHECK(ParseScaledBytes("16K") == 16'384);
  CHECK(ParseScaledBytes("16k") == 16'384);
  CHECK(ParseScaledBytes("1.5M") == 1'572'864);
  CHECK(ParseScaledBytes("1G") == 1'073'741'824);
}

TEST_CASE("scaled: nothing else is a number") {
  for (const char* text : {"", "k", ".", "1.2.3", "1e3", "inf", "nan", "-1", "+1", " 1", "1 ", "1K",
                           "1kk", "0x10", "1e3k"}) {
    INFO(text);
    CHECK_FALSE(ParseScaled(text).has_value());
  }
  for (const char* text : {"", "K", "1T", "1KB", "1e3", "-1"}) {
    INFO(text);
    CHECK_FALSE(ParseScaledBytes(text).has_value());
  }
}

}  // namespace tunewire
