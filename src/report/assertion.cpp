#include "report/assertion.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/format.h"
#include "base/word_error.h"
#include "report/latency_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

enum class Unit { kCount, kFraction, kTime, kRate };

struct Field {
  std::string_view name;
  AssertedFigure figure;
  Unit unit;
  std::string_view slug;
};

constexpr std::array<Field, 8> kFields{{
    {"stalls", AssertedFigure::kStalls, Unit::kCount, "stalls"},
    {"stall_fraction", AssertedFigure::kStallFraction, Unit::kFraction, "stall_fraction"},
    {"p50", AssertedFigure::kP50, Unit::kTime, "p50_ns"},
    {"p90", AssertedFigure::kP90, Unit::kTime, "p90_ns"},
    {"p99", AssertedFigure::kP99, Unit::kTime, "p99_ns"},
    {"p999", AssertedFigure::kP999, Unit::kTime, "p999_ns"},
    {"max", AssertedFigure::kMax, Unit::kTime, "max_ns"},
    {"rps", AssertedFigure::kRate, Unit::kRate, "rps"},
}};

struct Sign {
  std::string_view text;
  Comparison comparison;
};

// Longer ones first: "<=" begins with "<".
constexpr std::array<Sign, 6> kSigns{{{"<=", Comparison::kAtMost},
                                      {">=", Comparison::kAtLeast},
                                      {"==", Comparison::kEqual},
                                      {"<", Comparison::kLess},
                                      {">", Comparison::kMore},
                                      {"=", Comparison::kEqual}}};

constexpr std::array<std::pair<std::string_view, double>, 4> kTimes{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

const Field& FieldOf(AssertedFigure figure) {
  return *std::ranges::find(kFields, figure, &Field::figure);
}

/// A plain decimal number, zero or more: "2", "0.5".
std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || rest != end || text.front() == '-' || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<double> ParseTime(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view unit = Trim(text.substr(digits));
  const auto* const known =
      std::ranges::find(kTimes, unit, &std::pair<std::string_view, double>::first);
  const std::optional<double> number =
      digits == 0 ? std::nullopt : ParseNumber(text.substr(0, digits));
  if (known == kTimes.end() || !number) return std::nullopt;
  return *number * known->second;
}

std::optional<double> ParseFraction(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text = Trim(text.substr(0, text.size() - 1));
  const std::optional<double> number = text.empty() ? std::nullopt : ParseNumber(text);
  if (!number || *number > (percent ? 100 : 1)) return std::nullopt;
  return percent ? *number / 100 : *number;
}

std::optional<double> ParseCount(std::string_view text) {
  const std::optional<std::int64_t> number = ParseDecimal(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<double>(*number);
}

std::optional<double> ParseBound(Unit unit, std::string_view text) {
  switch (unit) {
    case Unit::kCount:
      return ParseCount(text);
    case Unit::kFraction:
      return ParseFraction(text);
    case Unit::kTime:
      return ParseTime(text);
    case Unit::kRate:
      return text.empty() ? std::nullopt : ParseNumber(text);
  }
  return std::nullopt;
}

std::string_view HintFor(Unit unit) {
  switch (unit) {
    case Unit::kCount:
      return "a whole number: stalls=0";
    case Unit::kFraction:
      return "a share: stall_fraction<1% or <0.01";
    case Unit::kTime:
      return "a time with its unit: 500us, 2ms, 1.5s";
    case Unit::kRate:
      return "a number: rps>10000";
  }
  return "";
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  Result<std::vector<Assertion>> Read() {
    std::vector<Assertion> assertions;
    for (std::size_t at = 0; at <= text_.size();) {
      const std::size_t comma = std::min(text_.find(',', at), text_.size());
      Result<Assertion> assertion = ReadOne(text_.substr(at, comma - at));
      if (!assertion) return Fail(std::move(assertion.error()));
      assertions.push_back(*std::move(assertion));
      at = comma + 1;
    }
    return assertions;
  }

 private:
  /// `part` must be a view into text_: its place is the caret's.
  [[nodiscard]] Error Bad(std::string_view part, std::string message, std::string hint) const {
    return WordError("invalid_assertion", name_, text_, part, std::move(message), std::move(hint));
  }

  [[nodiscard]] Error NoSuchField(std::string_view field) const {
    std::vector<std::string> names;
    for (const Field& known : kFields) names.emplace_back(known.name);
    const std::vector<std::string> near = Nearest(field, names, 1);
    return Bad(
        field, Format("nothing is measured as '{}'", Printable(field)),
        near.empty() ? "one of " + Join(names, ", ") : Format("did you mean {}?", near.front()));
  }

  [[nodiscard]] Result<Assertion> ReadOne(std::string_view part) const {
    const std::string_view whole = Trim(part);
    if (whole.empty()) return Fail(Bad(part, "an empty assertion", "stalls=0,p99<2ms"));
    const std::size_t sign_at = std::min(whole.find_first_of("<>="), whole.size());
    const std::string_view name = Trim(whole.substr(0, sign_at));
    const auto* const field = std::ranges::find(kFields, name, &Field::name);
    if (field == kFields.end()) return Fail(NoSuchField(name.empty() ? whole : name));
    const std::string_view rest = whole.substr(sign_at);
    const auto* const sign = std::ranges::find_if(
        kSigns, [rest](const Sign& known) { return rest.starts_with(known.text); });
    if (sign == kSigns.end())
      return Fail(Bad(whole, Format("'{}' compares nothing", Printable(whole)),
                      "one of = < <= > >= and a value"));
    const std::string_view value = Trim(rest.substr(sign->text.size()));
    const std::optional<double> bound = ParseBound(field->unit, value);
    if (!bound)
      return Fail(Bad(value.empty() ? whole : value,
                      value.empty() ? Format("'{}' has no value", Printable(whole))
                                    : Format("'{}' is no value of {}", Printable(value), name),
                      std::string(HintFor(field->unit))));
    return Assertion{std::string(whole), field->figure, sign->comparison, *bound};
  }

  std::string_view text_, name_;
};

bool Holds(Comparison comparison, double actual, double bound) {
  switch (comparison) {
    case Comparison::kEqual:
      return actual == bound;
    case Comparison::kLess:
      return actual < bound;
    case Comparison::kAtMost:
      return actual <= bound;
    case Comparison::kMore:
      return actual > bound;
    case Comparison::kAtLeast:
      return actual >= bound;
  }
  return false;
}

double ActualOf(AssertedFigure figure, const RunReport& run) {
  const Histogram& latency = run.evidence.latency;
  const auto at = [&latency](double quantile) { return static_cast<double>(latency.At(quantile)); };
  switch (figure) {
    case AssertedFigure::kStalls:
      return static_cast<double>(run.stalls.count);
    case AssertedFigure::kStallFraction:
      return run.stalls.fraction;
    case AssertedFigure::kP50:
      return at(0.5);
    case AssertedFigure::kP90:
      return at(0.9);
    case AssertedFigure::kP99:
      return at(0.99);
    case AssertedFigure::kP999:
      return at(0.999);
    case AssertedFigure::kMax:
      return static_cast<double>(latency.largest());
    case AssertedFigure::kRate:
      break;
  }
  if (run.evidence.elapsed_ns <= 0) return 0;
  return static_cast<double>(latency.count()) * 1e9 / static_cast<double>(run.evidence.elapsed_ns);
}

}  // namespace

Result<std::vector<Assertion>> ParseAssertions(std::string_view text, std::string_view name) {
  return Reader(text, name).Read();
}

AssertionOutcome Check(const Assertion& assertion, const RunReport& run) {
  const double actual = ActualOf(assertion.figure, run);
  return {assertion, actual, Holds(assertion.comparison, actual, assertion.bound)};
}

std::string ShownFigure(AssertedFigure figure, double value) {
  switch (FieldOf(figure).unit) {
    case Unit::kCount:
      return Format("{:.0f}", value);
    case Unit::kFraction:
      return ShownShare(value);
    case Unit::kTime:
      return ShownTime(std::llround(value));
    case Unit::kRate:
      return ShownRate(value);
  }
  return "";
}

std::string_view SlugOf(AssertedFigure figure) { return FieldOf(figure).slug; }

}  // namespace tunewire
