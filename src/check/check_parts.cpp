#include "check/check_parts.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error NotThere(std::string message) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "unknown_fact";
  error.message = std::move(message);
  return error;
}

std::string WhyAbsent(const HostFacts& facts, const std::string& key) {
  if (facts.kernel.initial_netns) return Format("{} was not read on this host", key);
  return Format("{} is not shown in this network namespace", key);
}

int Rank(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return 0;
    case CheckState::kUnknown:
      return 1;
    case CheckState::kWarn:
      return 2;
    case CheckState::kBad:
      return 3;
  }
  return 0;
}

}  // namespace

CheckResult UnknownCheck(std::string why) {
  CheckResult result;
  result.why = std::move(why);
  return result;
}

CheckResult JudgedCheck(CheckState state, CheckWords words, CheckFix fix) {
  CheckResult result;
  result.state = state;
  result.have = std::move(words.have);
  result.want = std::move(words.want);
  result.evidence = std::move(words.evidence);
  result.why = std::move(words.why);
  if (state == CheckState::kOk) return result;
  result.fix = std::move(fix.text);
  result.profile = std::move(fix.profile);
  return result;
}

CheckState StateAbove(double value, double warn, double bad) {
  if (value > bad) return CheckState::kBad;
  return value > warn ? CheckState::kWarn : CheckState::kOk;
}

CheckState StateBelow(double value, double warn, double bad) {
  if (value < bad) return CheckState::kBad;
  return value < warn ? CheckState::kWarn : CheckState::kOk;
}

CheckState Worse(CheckState a, CheckState b) { return Rank(a) >= Rank(b) ? a : b; }

Result<std::string> TunableText(const HostFacts& facts, const std::string& key) {
  const auto found = facts.tunables.find(key);
  if (found == facts.tunables.end()) return Fail(NotThere(WhyAbsent(facts, key)));
  return found->second;
}

Result<std::vector<std::int64_t>> TunableNumbers(const HostFacts& facts, const std::string& key,
                                                 std::size_t fields) {
  const auto text = TunableText(facts, key);
  if (!text) return Fail(text.error());
  std::vector<std::int64_t> numbers;
  for (const std::string& word : SplitWords(*text)) {
    const auto number = ParseDecimal(word);
    if (!number) return Fail(NotThere(Format("{} reads \"{}\"", key, Printable(*text))));
    numbers.push_back(*number);
  }
  if (numbers.size() != fields) {
    return Fail(NotThere(Format("{} reads \"{}\"", key, Printable(*text))));
  }
  return numbers;
}

Result<std::int64_t> TunableNumber(const HostFacts& facts, const std::string& key) {
  const auto numbers = TunableNumbers(facts, key, 1);
  if (!numbers) return Fail(numbers.error());
  return numbers->front();
}

std::string TunableEvidence(const HostFacts& facts, const std::string& key) {
  std::string path = key;
  std::ranges::replace(path, '.', '/');
  const auto text = TunableText(facts, key);
  const std::string value = text ? Join(SplitWords(*text), " ") : "not known";
  return Format("/proc/sys/{} = {}", path, value.empty() ? "empty" : Printable(value));
}

Result<CounterMove> MoveOf(const HostFacts& facts, std::string_view group, std::string_view name) {
  if (!facts.counters) return Fail(NotThere(facts.counters.why()));
  const CounterReadings& readings = *facts.counters;
  const auto first = readings.first.Value(group, name);
  const auto last = readings.seconds > 0 ? readings.last.Value(group, name) : first;
  if (!first || !last) return Fail(NotThere(Format("this kernel has no counter {}", name)));
  CounterMove move;
  move.since_boot = *last;
  move.seconds = readings.seconds;
  if (readings.seconds > 0) move.in_window = std::max<std::int64_t>(*last - *first, 0);
  return move;
}

std::string MoveEvidence(std::string_view file, std::string_view name, const CounterMove& move) {
  if (!move.in_window) return Format("{}: {} {} since boot", file, name, move.since_boot);
  return Format("{}: {} {} in {:.1f} s, {} since boot", file, name, *move.in_window, move.seconds,
                move.since_boot);
}

CheckState StateOfMove(const CounterMove& move) {
  if (move.in_window) return *move.in_window > 0 ? CheckState::kBad : CheckState::kOk;
  return move.since_boot > 0 ? CheckState::kWarn : CheckState::kOk;
}

std::string MoveWords(const CounterMove& move) {
  if (!move.in_window) return Format("{} since boot", move.since_boot);
  if (*move.in_window == 0) return Format("none in {:.1f} s", move.seconds);
  return Format("{} in {:.1f} s", *move.in_window, move.seconds);
}

const InterfaceFacts* InterfaceNamed(const HostFacts& facts, std::string_view name) {
  if (!facts.interfaces) return nullptr;
  const auto found = std::ranges::find(*facts.interfaces, name, &InterfaceFacts::name);
  return found == facts.interfaces->end() ? nullptr : &*found;
}

const RouteFacts* ChosenRoute(const HostFacts& facts) {
  if (!facts.routes) return nullptr;
  const auto found = std::ranges::find_if(*facts.routes, &RouteFacts::chosen);
  return found == facts.routes->end() ? nullptr : &*found;
}

std::string Percent(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 10) return Format("{:.1f} %", percent);
  return Format("{:.0f} %", percent);
}

std::string Count(std::uint64_t number, std::string_view one, std::string_view many) {
  return Format("{} {}", number, number == 1 ? one : many);
}

double ShareOf(double part, double whole) { return whole > 0 ? part / whole : 0; }

ProfileLine AtLeastLine(std::string key, std::int64_t amount, std::string why) {
  return {std::move(key), Format("{{\"at_least\": {}}}", amount), std::move(why)};
}

ProfileLine ExactLine(std::string key, std::string json, std::string why) {
  return {std::move(key), std::move(json), std::move(why)};
}

}  // namespace tunewire
