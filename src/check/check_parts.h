// What the checks share: reading tunables and counters of HostFacts, and making results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/check/check.h"

namespace tunewire {

/// What a check says of a known fact, whatever the state.
struct CheckWords {
  std::string have, want, evidence, why;
};

/// What mends it.
struct CheckFix {
  std::string text;
  std::vector<ProfileLine> profile;
};

CheckResult UnknownCheck(std::string why);
/// A result that is fine drops the fix.
CheckResult JudgedCheck(CheckState state, CheckWords words, CheckFix fix);

/// Bad beyond `bad`, a warning beyond `warn`.
CheckState StateAbove(double value, double warn, double bad);
CheckState StateBelow(double value, double warn, double bad);
/// The one that a summary of both shows: bad, warn, unknown, ok.
CheckState Worse(CheckState a, CheckState b);

/// The fields of a numeric tunable. Errors: the message says why they are not known.
Result<std::vector<std::int64_t>> TunableNumbers(const HostFacts& facts, const std::string& key,
                                                 std::size_t fields);
Result<std::int64_t> TunableNumber(const HostFacts& facts, const std::string& key);
Result<std::string> TunableText(const HostFacts& facts, const std::string& key);
/// "/proc/sys/net/core/somaxconn = 128"
std::string TunableEvidence(const HostFacts& facts, const std::string& key);

/// How a counter stands: since boot, and between the two readings where there are two.
struct CounterMove {
  std::int64_t since_boot = 0;
  std::optional<std::int64_t> in_window;
  double seconds = 0;
};

/// Errors: the message says why it is not known.
Result<CounterMove> MoveOf(const HostFacts& facts, std::string_view group, std::string_view name);
/// "/proc/net/netstat: TcpExt ListenOverflows 3 in 1.0 s, 120 since boot"
std::string MoveEvidence(std::string_view file, std::string_view name, const CounterMove& move);
/// Moving now is bad, having moved is a warning only where nobody knows whether it still does.
CheckState StateOfMove(const CounterMove& move);
/// "3 in 1.0 s", "none in 1.0 s", "120 since boot"
std::string MoveWords(const CounterMove& move);

/// nullptr where there is none, or interfaces are not known.
const InterfaceFacts* InterfaceNamed(const HostFacts& facts, std::string_view name);
/// The one to the target; nullptr where none was asked for, or routes are not known.
const RouteFacts* ChosenRoute(const HostFacts& facts);

std::string Percent(double share);  ///< of 1: "12 %", "0.4 %"
std::string Count(std::uint64_t number, std::string_view one, std::string_view many);
double ShareOf(double part, double whole);  ///< 0 where there is no whole

/// A line of a profile that asks for at least so much.
ProfileLine AtLeastLine(std::string key, std::int64_t amount, std::string why);
ProfileLine ExactLine(std::string key, std::string json, std::string why);

}  // namespace tunewire
