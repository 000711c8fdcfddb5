// What a caller asserts of a measurement: "stalls=0,p99<2ms". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

enum class AssertedFigure { kStalls, kStallFraction, kP50, kP90, kP99, kP999, kMax, kRate };
enum class Comparison { kEqual, kLess, kAtMost, kMore, kAtLeast };

struct Assertion {
  std::string text;  ///< as given: "p99<2ms"
  AssertedFigure figure = AssertedFigure::kStalls;
  Comparison comparison = Comparison::kEqual;
  double bound = 0;  ///< exchanges, a fraction 0..1, nanoseconds, or exchanges a second

  bool operator==(const Assertion&) const = default;
};

struct AssertionOutcome {
  Assertion assertion;
  double actual = 0;  ///< in the bound's unit
  bool holds = false;

  bool operator==(const AssertionOutcome&) const = default;
};

/// Fields stalls, stall_fraction, p50, p90, p99, p999, max, rps; operators = < <= > >=; apart by
/// commas, blanks allowed. Fractions as "1%" or "0.01", times with a unit. Errors: kUsage
/// "invalid_assertion", with a place in `text` under the bad part (file is `name`).
Result<std::vector<Assertion>> ParseAssertions(std::string_view text, std::string_view name);

/// Of the latencies as measured. Stalls are counted over every exchange of the run.
AssertionOutcome Check(const Assertion& assertion, const RunReport& run);

/// "98.0 %", "44.1 ms": a value of that figure for people.
std::string ShownFigure(AssertedFigure figure, double value);

/// "p99_ns", "rps": the figure's name with its unit, for programs.
std::string_view SlugOf(AssertedFigure figure);

}  // namespace tunewire
