// The kernel and what it runs on: clock, virtual machine, container, mitigations.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// Read without leaving user space (vDSO); all others cost a system call and more per reading.
constexpr std::array<std::string_view, 5> kFastClocks{"tsc", "kvm-clock", "arch_sys_counter",
                                                      "hyperv_clocksource_tsc_page", "timebase"};
// Port reads of about a microsecond each, serialised between CPUs.
constexpr std::array<std::string_view, 3> kSlowClocks{"hpet", "acpi_pm", "jiffies"};

bool Holds(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string FasterClock(const std::vector<std::string>& available) {
  for (const std::string_view fast : kFastClocks) {
    if (std::ranges::find(available, fast) != available.end()) return std::string(fast);
  }
  return "";
}

bool IsMitigated(const std::string& words) { return words.starts_with("Mitigation"); }

}  // namespace

CheckResult LookAtClockSource(const HostFacts& facts, const CheckWish&) {
  if (!facts.clock) return UnknownCheck(facts.clock.why());
  const ClockSource& clock = *facts.clock;
  if (clock.current.empty()) return UnknownCheck("the kernel does not name its clock source");
  CheckState state = CheckState::kWarn;
  if (Holds(kFastClocks, clock.current)) state = CheckState::kOk;
  if (Holds(kSlowClocks, clock.current)) state = CheckState::kBad;
  const std::string better = FasterClock(clock.available);
  return JudgedCheck(
      state,
      {clock.current, better.empty() ? "tsc" : better,
       Format("/sys/devices/system/clocksource/clocksource0: current {}, available {}",
              clock.current, Join(clock.available, " ")),
       "a slow clock makes every time stamp a system call or worse: a load generator reads it "
       "twice "
       "a request"},
      {better.empty()
           ? "the kernel gave up on tsc: its log says why (dmesg); firmware or hypervisor mend it"
           : Format("echo {} > /sys/devices/system/clocksource/clocksource0/current_clocksource",
                    better),
       {}});
}

CheckResult LookAtVirtualisation(const HostFacts& facts, const CheckWish&) {
  if (!facts.virtualisation) return UnknownCheck(facts.virtualisation.why());
  const std::string& machine = facts.virtualisation->machine;
  return JudgedCheck(
      machine.empty() ? CheckState::kOk : CheckState::kWarn,
      {machine.empty() ? "none seen" : machine, "bare metal, for absolute figures",
       "cpuid and /sys/class/dmi/id, as far as they tell",
       "other guests and the hypervisor take part in every figure; comparisons on the same machine "
       "still hold"},
      {"nothing to mend: repeat runs, interleave them, and say it with the result", {}});
}

CheckResult LookAtContainer(const HostFacts& facts, const CheckWish&) {
  if (!facts.virtualisation) return UnknownCheck(facts.virtualisation.why());
  const std::string& container = facts.virtualisation->container;
  return JudgedCheck(
      container.empty() ? CheckState::kOk : CheckState::kWarn,
      {container.empty() ? "none seen" : container, "none, or the one you mean to measure",
       "/proc/1/environ, /run and the control group, as far as they tell",
       "traffic crosses a veth pair and often NAT; host-wide limits and tunables cannot be seen or "
       "set from here"},
      {"run in the host's network (--network host), or measure the container on purpose", {}});
}

CheckResult LookAtMitigations(const HostFacts& facts, const CheckWish&) {
  if (!facts.vulnerabilities) return UnknownCheck(facts.vulnerabilities.why());
  std::vector<std::string> active;
  for (const auto& [name, words] : *facts.vulnerabilities) {
    if (IsMitigated(words)) active.push_back(name);
  }
  return JudgedCheck(active.empty() ? CheckState::kOk : CheckState::kWarn,
                     {active.empty() ? "none active" : Format("{} active", active.size()),
                      "the same on all hosts compared",
                      Format("/sys/devices/system/cpu/vulnerabilities: {}",
                             active.empty() ? "no mitigation" : Join(active, " ")),
                      "each system call costs more, some by half: hosts with different mitigations "
                      "do not compare"},
                     {"leave them on; compare only hosts that have the same", {}});
}

}  // namespace tunewire
