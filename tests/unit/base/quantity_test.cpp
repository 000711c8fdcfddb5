#include "tunewire/base/quantity.h"

#include <doctest/doctest.h>

namespace tunewire {
namespace {

using std::chrono::microseconds;

TEST_CASE("durations need a number and a unit") {
  CHECK(ParseDuration("60s").value() == microseconds(60'000'000));
  CHECK(ParseDuration("2m").value() == microseconds(120'000'000));
  CHECK(ParseDuration("500ms").value() == microseconds(500'000));
  CHECK(ParseDuration("250us").value() == microseconds(250));
  for (const char* bad : {"", "60", "s", "-1s", "1.5s", "1 s", "9223372036854775807h", "1d"}) {
    CAPTURE(bad);
    const auto refused = ParseDuration(bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "invalid_duration");
    CHECK(refused.error().kind == ErrorKind::kUsage);
  }
}

TEST_CASE("durations read back as people say them") {
  CHECK(FormatDuration(microseconds(16)) == "16 us");
  CHECK(FormatDuration(microseconds(1'500)) == "1.5 ms");
  CHECK(FormatDuration(microseconds(44'000)) == "44 ms");
  CHECK(FormatDuration(microseconds(60'000'000)) == "60 s");
  CHECK(FormatDuration(microseconds(150'000'000)) == "2 min 30 s");
  CHECK(FormatDuration(microseconds(7'200'000'000)) == "2 h");
}

TEST_CASE("sizes are in powers of 1024") {
  CHECK(FormatBytes(512) == "512 B");
  CHECK(FormatBytes(16 * 1024 * 1024) == "16 MiB");
  CHECK(FormatBytes(3'328'599'654) == "3.1 GiB");
}

}  // namespace
}  // namespace tunewire
