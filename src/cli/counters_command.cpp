// tunewire counters: two readings of the kernel's counters, and what came between.
#include <algorithm>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "host/decode_softnet.h"
#include "report/counters_report.h"
#include "report/sockets_words.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::string_view kSoftnet = "/proc/net/softnet_stat";
constexpr std::size_t kMostSoftnet = std::size_t{1} << 20;

struct Reading {
  NetCounters counters;
  std::vector<SoftnetCpu> softnet;
  std::string softnet_missing;
  nanoseconds at{};
};

Result<Reading> Read(Machine& machine) {
  Result<NetCounters> counters = machine.net_counters();
  if (!counters) return Fail(counters.error());
  Reading reading;
  reading.counters = *std::move(counters);
  reading.at = machine.clock.SinceBoot();
  const Result<FileContent> softnet = machine.files.Read(std::string(kSoftnet), kMostSoftnet);
  if (softnet) {
    reading.softnet = DecodeSoftnet(softnet->bytes);
  } else {
    reading.softnet_missing = softnet.error().message;
  }
  return reading;
}

/// False where a stop was wanted before the time was over.
bool Wait(Session& session, milliseconds time) {
  constexpr nanoseconds kGlance = milliseconds(100);
  Machine& machine = session.machine();
  Progress progress(session);
  const nanoseconds begin = machine.clock.SinceBoot();
  while (true) {
    const nanoseconds left = time - (machine.clock.SinceBoot() - begin);
    if (left <= nanoseconds(0)) return true;
    if (machine.terminal.StopWanted()) return false;
    progress.Show(Format("counting: {} of {}", ShownSpan((time - left).count()),
                         ShownSpan(nanoseconds(time).count())));
    machine.terminal.Pause(std::chrono::ceil<milliseconds>(std::min(left, kGlance)));
  }
}

}  // namespace

Answer Run(Session& session, const CountersArguments& arguments) {
  Machine& machine = session.machine();
  const Result<const HostInfo*> info = session.Info();
  if (!info) return session.Refuse(info.error());
  machine.terminal.WatchForStop("stopped\n", static_cast<int>(ExitStatus::kInterrupted));
  const Result<Reading> before = Read(machine);
  if (!before) return session.Refuse(before.error());
  CountersView view;
  view.all = arguments.all;
  view.stopped = !Wait(session, arguments.time);
  const Result<Reading> after = Read(machine);
  if (!after) return session.Refuse(after.error());
  const double seconds = static_cast<double>((after->at - before->at).count()) / 1e9;
  view.reading =
      CompareCounters(before->counters, after->counters, before->softnet, after->softnet, seconds);
  view.softnet_missing = after->softnet_missing;
  Answer answer;
  answer.status = view.stopped ? ExitStatus::kInterrupted : ExitStatus::kDone;
  answer.text =
      session.json() ? CountersJson(view) : CountersText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
