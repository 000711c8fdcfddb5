#include "report/latency_text.h"

#include <doctest/doctest.h>

using namespace tunewire;

TEST_CASE("rates keep within eight columns from one a second to a hundred thousand million") {
  CHECK(ShownRate(0.5) == "0.5");
  CHECK(ShownRate(2000) == "2000");
  CHECK(ShownRate(12'400) == "12.4 k");
  CHECK(ShownRate(3.1e6) == "3.10 M");
  CHECK(ShownRate(999.4e6) == "999.40 M");
  CHECK(ShownRate(4.3476e9) == "4.35 G");
  for (double rate = 1; rate < 1e11; rate *= 1.7) CHECK(ShownRate(rate).size() <= 8);
}
