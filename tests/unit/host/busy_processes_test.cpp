#include "host/busy_processes.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "host/precise_clock.h"

namespace tunewire {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST_CASE("shares are processor time over time, the busiest first") {
  const std::vector<CpuReading> first{{1, 0, 0}, {5, 90 * kMs, 0}, {7, 5 * kMs, 0}, {9, 1, 0}};
  const std::vector<CpuReading> last{
      {1, 1 * kMs, 20 * kMs}, {5, 100 * kMs, 20 * kMs}, {8, 30 * kMs, 20 * kMs}, {9, 1, 20 * kMs}};
  CHECK(CompareCpu(first, last, 0.02, 9) == std::vector<CpuShare>{{8, 1.5}, {5, 0.5}, {1, 0.05}});
  CHECK(CompareCpu(first, last, 0.5, 9) == std::vector<CpuShare>{{8, 1.5}, {5, 0.5}});
  CHECK(CompareCpu(first, last, 0.02, 1) == std::vector<CpuShare>{{8, 1.5}});
}

TEST_CASE("no time between two looks, or a number given out again, is no share") {
  CHECK(CompareCpu({{1, 5, 10}}, {{1, 9, 10}}, 0, 9).empty());
  CHECK(CompareCpu({{1, 9 * kMs, 0}}, {{1, 2 * kMs, 20 * kMs}}, 0, 9).empty());
  CHECK(CompareCpu({}, {}, 0, 9).empty());
  CHECK(CompareCpu({{1, 1, 1}}, {}, 0, 9).empty());
}

/// A process that does nothing but count, for some seconds at most.
pid_t StartSpinning() {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const std::int64_t until = MonotonicNow() + 5'000 * kMs;
  while (MonotonicNow() < until) {
  }
  ::_exit(0);
}

/// What is busy over 200 ms; once more where a crowded machine gave `wanted` none of them.
Known<std::vector<BusyProcess>> BusyNow(pid_t wanted) {
  Known<std::vector<BusyProcess>> busy;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto first = ReadCpuTimes();
    SleepUntil(MonotonicNow() + 200 * kMs);
    busy = FindBusy(first, ReadCpuTimes());
    const auto is_wanted = [&](const BusyProcess& one) { return one.process.id.pid == wanted; };
    if (!busy || std::ranges::any_of(*busy, is_wanted)) break;
  }
  return busy;
}

TEST_CASE("a process that spins is found, and this one is not") {
  const pid_t child = StartSpinning();
  REQUIRE(child > 0);
  const auto busy = BusyNow(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  REQUIRE_MESSAGE(busy, busy.why());
  const auto pid = [](const BusyProcess& one) { return one.process.id.pid; };
  const auto found = std::ranges::find(*busy, child, pid);
  REQUIRE(found != busy->end());
  // One thread cannot use more than one CPU; how little it gets is the other processes' affair.
  CHECK(found->cpus <= 1.1);
  CHECK(found->process.command == "tunewire_tests");
  CHECK(std::ranges::find(*busy, ::getpid(), pid) == busy->end());
}

TEST_CASE("what could not be read stays unknown") {
  const auto unknown = Known<std::vector<CpuReading>>::Unknown("because");
  CHECK(FindBusy(unknown, std::vector<CpuReading>{}).why() == "because");
  CHECK(FindBusy(std::vector<CpuReading>{}, unknown).why() == "because");
}

}  // namespace
}  // namespace tunewire
