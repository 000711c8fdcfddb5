// How much processor there is for the measurement.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"

namespace tunewire {
namespace {

std::uint64_t Total(const CpuTicks& ticks) {
  return ticks.user + ticks.system + ticks.idle + ticks.iowait + ticks.irq + ticks.softirq +
         ticks.steal;
}

struct StealSeen {
  double share = 0;
  bool window = false;
};

/// Since boot where there is only one reading: an average of days still tells a crowded machine.
StealSeen StealOf(const CounterReadings& readings) {
  const CpuTicks& first = readings.ticks_first;
  if (readings.seconds <= 0) {
    return {ShareOf(static_cast<double>(first.steal), static_cast<double>(Total(first))), false};
  }
  const CpuTicks& last = readings.ticks_last;
  const double stolen = static_cast<double>(last.steal) - static_cast<double>(first.steal);
  const double all = static_cast<double>(Total(last)) - static_cast<double>(Total(first));
  return {all > 0 ? std::max(stolen, 0.0) / all : 0, true};
}

}  // namespace

CheckResult LookAtCpuCount(const HostFacts& facts, const CheckWish&) {
  if (!facts.cpu) return UnknownCheck(facts.cpu.why());
  const std::uint32_t online = facts.cpu->online;
  return JudgedCheck(
      online > 1 ? CheckState::kOk : CheckState::kWarn,
      {Count(online, "CPU", "CPUs"), "2 or more",
       Format("/sys/devices/system/cpu/online: {}", online),
       "on one CPU the load generator, the server and the kernel's receive path take "
       "turns: latency is the wait for each other"},
      {"run the load from another host; nothing here mends it", {}});
}

CheckResult LookAtAllowedCpus(const HostFacts& facts, const CheckWish&) {
  if (!facts.cpu) return UnknownCheck(facts.cpu.why());
  const CpuFacts& cpu = *facts.cpu;
  const bool fewer = cpu.allowed < cpu.online;
  const bool alone = cpu.allowed <= 1 && cpu.online > 1;
  CheckState state = fewer ? CheckState::kWarn : CheckState::kOk;
  if (alone) state = CheckState::kBad;
  return JudgedCheck(state,
                     {Format("{} of {}", cpu.allowed, cpu.online), "all, or as many as you meant",
                      Format("sched_getaffinity(2): {} of {} online, {} isolated", cpu.allowed,
                             cpu.online, cpu.isolated.size()),
                      "a program started from here runs on those CPUs alone"},
                     {"taskset -a, or the cpuset of the unit or container, if that is not what you "
                      "meant",
                      {}});
}

CheckResult LookAtSteal(const HostFacts& facts, const CheckWish&) {
  if (!facts.counters) return UnknownCheck(facts.counters.why());
  const CounterReadings& readings = *facts.counters;
  if (Total(readings.ticks_first) == 0) return UnknownCheck("/proc/stat was not read");
  const StealSeen steal = StealOf(readings);
  // One percent of a second are 10 ms, in which every request in flight waits; scheduling on a
  // shared machine takes at least that slice.
  return JudgedCheck(
      StateAbove(steal.share, 0.01, 0.05),
      {Format("{}{}", Percent(steal.share), steal.window ? "" : " since boot"), "under 1 %",
       Format("/proc/stat: steal {} of {} ticks since boot",
              steal.window ? readings.ticks_last.steal : readings.ticks_first.steal,
              Total(steal.window ? readings.ticks_last : readings.ticks_first)),
       "other guests run on these CPUs meanwhile: pauses of milliseconds that no setting here "
       "causes"},
      {"take another machine or dedicated CPUs, or repeat and compare the quiet runs", {}});
}

CheckResult LookAtCpuQuota(const HostFacts& facts, const CheckWish&) {
  if (!facts.cgroup) return UnknownCheck(facts.cgroup.why());
  const CgroupFacts& group = *facts.cgroup;
  const std::string file = group.version == 1 ? "cpu.cfs_quota_us" : "cpu.max";
  const std::string why =
      "when the quota of a period is used up, all threads of the group stop until the next: pauses "
      "of up to 100 ms in latency figures";
  if (!group.cpu_quota_us) {
    return JudgedCheck(CheckState::kOk,
                       {"no quota", "no quota", Format("{} of cgroup {}", file, group.path), why},
                       {});
  }
  const std::uint64_t period = group.cpu_period_us.value_or(100000);
  const double cpus =
      ShareOf(static_cast<double>(*group.cpu_quota_us), static_cast<double>(period));
  // All CPUs at work at once stay within it.
  const bool wide = facts.cpu && cpus >= facts.cpu->allowed;
  // Below one CPU even a single busy thread is stopped in every period.
  const CheckState narrow = cpus < 1 ? CheckState::kBad : CheckState::kWarn;
  return JudgedCheck(
      wide ? CheckState::kOk : narrow,
      {Format("{:.2g} CPUs", cpus), "no quota",
       Format("{} of cgroup {}: {} us of {} us", file, group.path, *group.cpu_quota_us, period),
       why},
      {"run outside the limit: CPUQuota= of the unit, --cpus of the container", {}});
}

CheckResult LookAtThrottling(const HostFacts& facts, const CheckWish&) {
  if (!facts.cgroup) return UnknownCheck(facts.cgroup.why());
  const CgroupFacts& group = *facts.cgroup;
  const std::string why =
      "the group was stopped at the end of its quota: every request in flight "
      "waited for the next period";
  if (!group.throttled_periods) {
    if (group.cpu_quota_us) return UnknownCheck("cpu.stat does not count throttled periods");
    return JudgedCheck(CheckState::kOk,
                       {"no quota", "never", Format("cpu.max of cgroup {}", group.path), why}, {});
  }
  const std::uint64_t periods = *group.throttled_periods;
  return JudgedCheck(
      periods == 0 ? CheckState::kOk : CheckState::kWarn,
      {periods == 0 ? "never" : Count(periods, "period", "periods"), "never",
       Format("cpu.stat of cgroup {}: nr_throttled {}, throttled {:.1f} s", group.path, periods,
              static_cast<double>(group.throttled_us.value_or(0)) / 1e6),
       why},
      {"raise the quota, or run where there is none", {}});
}

}  // namespace tunewire
