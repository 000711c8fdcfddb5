#include "tune/compare.h"

#include <bit>
#include <cstdint>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// A jiffy is at most 10 ms (HZ=100); the kernel rounds up to the next one.
std::int64_t LongestJiffy(Unit unit) {
  switch (unit) {
    case Unit::kMicroseconds:
      return 10'000;
    case Unit::kMilliseconds:
      return 10;
    default:
      return 1;
  }
}

bool IsRoundingOf(const Tunable& tunable, std::int64_t wanted, std::int64_t stored) {
  switch (tunable.rounding) {
    case Rounding::kNone:
      return false;
    case Rounding::kPowerOfTwo:
      return wanted > 0 && static_cast<std::uint64_t>(stored) ==
                               std::bit_ceil(static_cast<std::uint64_t>(wanted));
    case Rounding::kJiffies:
      return stored > wanted && stored - wanted < LongestJiffy(tunable.unit);
    case Rounding::kPages:
      return stored > wanted && stored - wanted < 65536;
  }
  return false;
}

bool SameField(const Tunable* tunable, const std::string& wanted, const std::string& stored) {
  if (wanted == stored) return true;
  if (tunable == nullptr || tunable->rounding == Rounding::kNone) return false;
  const auto w = ParseDecimal(wanted);
  const auto s = ParseDecimal(stored);
  return w && s && IsRoundingOf(*tunable, *w, *s);
}

}  // namespace

bool SameValue(const SysctlKey& key, std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Tunable* tunable = FindTunable(key);
  return CanonicalFields(tunable, a) == CanonicalFields(tunable, b);
}

bool KeptAs(const Tunable* tunable, const std::vector<std::string>& wanted,
            const std::vector<std::string>& stored) {
  if (wanted.size() != stored.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!SameField(tunable, wanted[i], stored[i])) return false;
  return true;
}

bool IsCoupled(const SysctlKey& cause, const SysctlKey& key) {
  const Tunable* tunable = FindTunable(cause);
  if (tunable == nullptr || cause == key) return false;
  for (const std::string_view text : tunable->coupled) {
    const auto pattern = KeyPattern::Parse(text);
    if (pattern && pattern->Matches(key)) return true;
  }
  return false;
}

std::string ShownValue(const SysctlKey& key, std::string_view raw) {
  return Join(CanonicalFields(FindTunable(key), raw), " ");
}

}  // namespace tunewire
