// What else runs on this host.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string NameOfBusy(const BusyProcess& one) {
  return Format("{} (pid {}) {:.1f} CPUs", Printable(one.process.command), one.process.id.pid,
                one.cpus);
}

const BusyProcess* FirstOf(const std::vector<BusyProcess>& busy) {
  const auto found = std::ranges::max_element(busy, {}, &BusyProcess::cpus);
  return found == busy.end() ? nullptr : &*found;
}

std::string UseWords(const std::vector<BusyProcess>& busy, double cpus, std::uint32_t online) {
  const BusyProcess* most = FirstOf(busy);
  if (most == nullptr || cpus < 0.05) return "idle";
  return Format("{:.1f} of {}, {} {} (pid {})", cpus, Count(online, "CPU", "CPUs"),
                most->cpus > cpus / 2 ? "most of it" : "the busiest is",
                Printable(most->process.command), most->process.id.pid);
}

std::string Busiest(std::vector<BusyProcess> busy) {
  std::ranges::stable_sort(busy, std::greater{}, &BusyProcess::cpus);
  std::vector<std::string> words;
  for (const BusyProcess& one : busy) {
    if (words.size() == 3) break;
    words.push_back(NameOfBusy(one));
  }
  return Join(words, ", ");
}

/// A burst within a glance of 20 ms is no reason to call a host unfit; going on like that is.
CheckState StateOfBusy(const HostFacts& facts, double share) {
  constexpr double kLongEnough = 0.5;
  const bool watched = facts.counters && facts.counters->seconds >= kLongEnough;
  const bool loaded = facts.load_average && ShareOf(*facts.load_average, facts.cpu->online) > 0.5;
  const CheckState state = StateAbove(share, 0.1, 0.5);
  return state == CheckState::kBad && !watched && !loaded ? CheckState::kWarn : state;
}

}  // namespace

CheckResult LookAtBusyProcesses(const HostFacts& facts, const CheckWish&) {
  if (!facts.busy) return UnknownCheck(facts.busy.why());
  if (!facts.cpu) return UnknownCheck(facts.cpu.why());
  double cpus = 0;
  for (const BusyProcess& one : *facts.busy) cpus += one.cpus;
  // A tenth of the CPUs is daemons at work; from a half on, they take turns with the measurement.
  const double share = ShareOf(cpus, facts.cpu->online);
  return JudgedCheck(StateOfBusy(facts, share),
                     {UseWords(*facts.busy, cpus, facts.cpu->online), "under a tenth of the CPUs",
                      facts.busy->empty() ? "/proc/*/stat: nobody used CPU between two readings"
                                          : Format("/proc/*/stat: {}", Busiest(*facts.busy)),
                      "others compete for CPU and caches: figures show them too"},
                     {"stop them for the time of the measurement", {}});
}

CheckResult LookAtLoadAverage(const HostFacts& facts, const CheckWish&) {
  if (!facts.load_average) return UnknownCheck(facts.load_average.why());
  if (!facts.cpu) return UnknownCheck(facts.cpu.why());
  const double load = *facts.load_average;
  // At one runnable task a CPU, the next one waits.
  return JudgedCheck(StateAbove(ShareOf(load, facts.cpu->online), 0.5, 1.0),
                     {Format("{:.2f} on {}", load, Count(facts.cpu->online, "CPU", "CPUs")),
                      "under half the CPUs", Format("/proc/loadavg: {:.2f} over one minute", load),
                      "so many tasks ran or waited during the last minute: a measurement started "
                      "now queues behind them"},
                     {"wait until the host is idle", {}});
}

CheckResult LookAtPressure(const HostFacts& facts, const CheckWish&) {
  if (!facts.pressure) return UnknownCheck(facts.pressure.why());
  const Pressure& pressure = *facts.pressure;
  const double worst = std::max({pressure.cpu_some, pressure.memory_some, pressure.io_some});
  // Percent of the time in which some task waited: at 10 % one request in ten meets it.
  return JudgedCheck(StateAbove(worst, 10, 40),
                     {Format("cpu {:.1f} %, memory {:.1f} %, io {:.1f} %", pressure.cpu_some,
                             pressure.memory_some, pressure.io_some),
                      "under 10 %", "/proc/pressure/cpu, memory and io: some avg10",
                      "tasks of this host waited for a resource within the last 10 s"},
                     {"wait until the host is idle, or find who waits: systemd-cgtop", {}});
}

}  // namespace tunewire
