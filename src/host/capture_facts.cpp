// Everything about a host in one go. What moves is read first and last, and the rest in between, so
// that reading it takes no time of its own.
#include "tunewire/host/capture_facts.h"

#include <algorithm>
#include <cstring>

#include "host/busy_processes.h"
#include "host/facts.h"
#include "host/precise_clock.h"
#include "host/try_bind.h"
#include "tunewire/host/clock.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kShortest{20};

template <class T>
Known<T> Take(Result<T> result) {
  return result ? Known<T>(std::move(*result)) : Known<T>::Unknown(result.error().message);
}

/// A destination that nothing leads to leaves the routes there are.
void ReadRoutes(const FactsWish& wish, HostFacts& facts) {
  auto routes = ReadRouteFacts(wish.destination ? &*wish.destination : nullptr);
  if (!routes && routes.error().code == "no_route") {
    facts.no_route = routes.error().message;
    routes = ReadRouteFacts(nullptr);
  }
  facts.routes = Take(std::move(routes));
}

void TrySources(const FactsWish& wish, HostFacts& facts) {
  for (const std::string& source : wish.sources) {
    const int os_error = TryBind(source);
    if (os_error == 0) continue;
    const char* name = ::strerrorname_np(os_error);
    facts.refused_sources[source] = {name != nullptr ? name : "EIO", DescribeErrno(os_error)};
  }
}

}  // namespace

HostFacts CaptureHostFacts(const FactsWish& wish, const std::function<void(milliseconds)>& pause) {
  const auto tree = HostTree::Open("/");
  if (!tree) return CaptureFrom("/", wish.tunables);
  HostFacts facts;
  facts.unix_seconds = LinuxClock()->UnixSeconds();
  const bool all = wish.facts == FactsWanted::kAll;
  const bool twice = all && wish.window > milliseconds::zero();
  const std::int64_t begin = MonotonicNow();
  const auto cpu_first = all ? ReadCpuTimes() : Known<std::vector<CpuReading>>();
  const Known<CounterReading> first = ReadCounters(*tree);

  ReadFileFacts(*tree, facts);
  facts.tunables = ReadTunables("/", wish.tunables);
  if (all) facts.listeners = ReadListeners();
  facts.interfaces = Take(ReadInterfaceFacts());
  ReadRoutes(wish, facts);
  TrySources(wish, facts);

  if (!all) {
    facts.counters = CombineReadings(first, nullptr, {});
    return facts;
  }
  const milliseconds window = twice ? wish.window : kShortest;
  const nanoseconds passed(MonotonicNow() - begin);
  const auto left = std::chrono::ceil<milliseconds>(window - passed);
  if (left > milliseconds::zero()) pause(left);
  facts.busy = FindBusy(cpu_first, ReadCpuTimes());
  if (!twice) {
    facts.counters = CombineReadings(first, nullptr, {});
    return facts;
  }
  const Known<CounterReading> last = ReadCounters(*tree);
  facts.counters = CombineReadings(first, &last, nanoseconds(MonotonicNow() - begin));
  return facts;
}

}  // namespace tunewire
