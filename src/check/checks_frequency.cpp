// How fast the CPUs run, and whether they keep at it.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Ghz(std::uint64_t khz) { return Format("{:.1f} GHz", static_cast<double>(khz) / 1e6); }

std::string GovernorWords(const FrequencyFacts& frequency) {
  std::vector<std::string> words;
  for (const auto& [name, cpus] : frequency.governors) {
    words.push_back(frequency.governors.size() == 1
                        ? Printable(name)
                        : Format("{} on {}", Printable(name), Count(cpus, "CPU", "CPUs")));
  }
  return Join(words, ", ");
}

/// intel_pstate's and amd-pstate's own "powersave" still follows the load, cpufreq's stays at the
/// lowest step.
CheckState StateOfGovernor(const std::string& name, const std::string& driver) {
  if (name == "performance") return CheckState::kOk;
  const bool own = driver.starts_with("intel_pstate") || driver.starts_with("amd-pstate-epp") ||
                   driver.starts_with("amd_pstate_epp");
  return name == "powersave" && !own ? CheckState::kBad : CheckState::kWarn;
}

}  // namespace

CheckResult LookAtGovernor(const HostFacts& facts, const CheckWish&) {
  if (!facts.frequency) return UnknownCheck(facts.frequency.why());
  const FrequencyFacts& frequency = *facts.frequency;
  if (frequency.governors.empty()) return UnknownCheck("no CPU says its frequency governor");
  CheckState state = CheckState::kOk;
  for (const auto& [name, cpus] : frequency.governors) {
    state = Worse(state, StateOfGovernor(name, frequency.driver));
  }
  return JudgedCheck(
      state,
      {GovernorWords(frequency), "performance",
       Format("/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor; driver {}",
              frequency.driver.empty() ? "not said" : frequency.driver),
       "a light load runs at a low clock: latency at small rates is worse than at high ones"},
      {"cpupower frequency-set -g performance", {}});
}

CheckResult LookAtTurbo(const HostFacts& facts, const CheckWish&) {
  if (!facts.frequency) return UnknownCheck(facts.frequency.why());
  if (!facts.frequency->turbo) return UnknownCheck("the driver does not say whether turbo is on");
  const bool on = *facts.frequency->turbo;
  return JudgedCheck(on ? CheckState::kWarn : CheckState::kOk,
                     {on ? "on" : "off", "off, to compare runs",
                      "/sys/devices/system/cpu: intel_pstate/no_turbo or cpufreq/boost",
                      "the clock depends on temperature and on how many cores are busy: two runs "
                      "of the same thing "
                      "differ by some percent"},
                     {"switch it off for the comparison; leave it for the highest figure", {}});
}

CheckResult LookAtFrequencyDrift(const HostFacts& facts, const CheckWish&) {
  if (!facts.frequency) return UnknownCheck(facts.frequency.why());
  const std::vector<std::uint64_t>& now = facts.frequency->now_khz;
  if (now.empty()) return UnknownCheck("no CPU says how fast it runs now");
  const auto [least, most] = std::ranges::minmax(now);
  // Cores of one kind stay within a few percent under the performance governor; a quarter moves
  // every latency figure by which core served it.
  const double spread = 1 - ShareOf(static_cast<double>(least), static_cast<double>(most));
  // Under other governors an idle CPU may stand at its lowest clock and leave it once there is
  // work.
  const auto& governors = facts.frequency->governors;
  const bool fixed = governors.size() == 1 && governors.contains("performance");
  return JudgedCheck(
      StateAbove(spread, 0.1, fixed ? 0.4 : 1),
      {Format("{} to {}", Ghz(least), Ghz(most)), "within 10 %",
       Format("cpufreq/scaling_cur_freq of {}; allowed {} to {}", Count(now.size(), "CPU", "CPUs"),
              Ghz(facts.frequency->lowest_khz), Ghz(facts.frequency->highest_khz)),
       "CPUs run at different clocks: the same request costs more on one than on another"},
      {"set the performance governor, and the same least and highest frequency everywhere", {}});
}

}  // namespace tunewire
