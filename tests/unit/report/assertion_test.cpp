#include "report/assertion.h"

#include <doctest/doctest.h>

#include "report/error_text.h"
#include "support/made_probe.h"

using namespace tunewire;

namespace {

Assertion One(std::string_view text) {
  const Result<std::vector<Assertion>> parsed = ParseAssertions(text, "--assert");
  REQUIRE_MESSAGE(parsed.has_value(), text);
  REQUIRE(parsed->size() == 1);
  return parsed->front();
}

std::string Refusal(std::string_view text) {
  const Result<std::vector<Assertion>> parsed = ParseAssertions(text, "--assert");
  REQUIRE_MESSAGE(!parsed.has_value(), text);
  CHECK(parsed.error().kind == ErrorKind::kUsage);
  CHECK(parsed.error().code == "invalid_assertion");
  return ErrorText(parsed.error(), Style{});
}

}  // namespace

TEST_CASE("assertions: fields, signs and units") {
  CHECK(One("stalls=0").bound == 0);
  CHECK(One("p99<2ms").bound == 2e6);
  CHECK(One(" p999 <= 1.5 s ").bound == 1.5e9);
  CHECK(One(" p999 <= 1.5 s ").text == "p999 <= 1.5 s");
  CHECK(One("p50>=20us").comparison == Comparison::kAtLeast);
  CHECK(One("max>800ns").comparison == Comparison::kMore);
  CHECK(One("stall_fraction<1%").bound == 0.01);
  CHECK(One("stall_fraction<=0.5").bound == 0.5);
  CHECK(One("rps>12000.5").bound == 12000.5);
  CHECK(ParseAssertions("stalls=0, p99<2ms,rps>1", "x")->size() == 3);
}

TEST_CASE("assertions: the caret stands under the bad part") {
  CHECK(Refusal("stalls=0,p98<2ms") ==
        "error: nothing is measured as 'p98'         --assert:1:10\n"
        "   1 | stalls=0,p98<2ms\n"
        "     |          ^^^  did you mean p90?\n");
  CHECK(Refusal("p99<2") ==
        "error: '2' is no value of p99               --assert:1:5\n"
        "   1 | p99<2\n"
        "     |     ^  a time with its unit: 500us, 2ms, 1.5s\n");
  for (const std::string_view bad : {"",
                                     ",",
                                     "stalls=0,",
                                     "p99",
                                     "p99<",
                                     "<2ms",
                                     "p99<<2ms",
                                     "p99=>2ms",
                                     "p99<-2ms",
                                     "p99<2min",
                                     "p99<2ms3",
                                     "p99<nanms",
                                     "p99<infs",
                                     "p99<1e3ms",
                                     "stalls=1.5",
                                     "stalls=-1",
                                     "stalls=one",
                                     "stall_fraction<101%",
                                     "stall_fraction<1.1",
                                     "stall_fraction<%",
                                     "rps>x",
                                     "rps>",
                                     "p99!2ms",
                                     "p99<.ms",
                                     "stalls 0"}) {
    CAPTURE(bad);
    CHECK_FALSE(Refusal(bad).empty());
  }
}

TEST_CASE("assertions: held against the traffic as asked") {
  const ProbeResult result = StallingProbe();
  const RunReport& run = result.runs.front();
  const auto holds = [&run](std::string_view text) { return Check(One(text), run).holds; };
  CHECK_FALSE(holds("stalls=0"));
  CHECK(holds("stalls=99"));
  CHECK(holds("stalls<=99"));
  CHECK_FALSE(holds("stalls<99"));
  CHECK(holds("stall_fraction>98%"));
  CHECK_FALSE(holds("stall_fraction>99%"));
  CHECK(holds("p50>43ms"));
  CHECK(holds("max=44ms"));
  CHECK_FALSE(holds("p99<2ms"));
  CHECK(holds("rps>20"));
  CHECK(holds("rps<30"));
  CHECK(Check(One("max<1s"), run).actual == 44e6);
  CHECK(Check(One("stalls=0"), result.runs.back()).holds);
}
