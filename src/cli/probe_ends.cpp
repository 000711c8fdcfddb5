#include "cli/probe_ends.h"

#include <algorithm>

#include "base/format.h"
#include "cli/host_snapshot.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kLastWords = "\nstopped at once; nothing was measured.\n";

std::string Seconds(std::chrono::nanoseconds time) {
  return FormatDuration(std::chrono::round<std::chrono::seconds>(time));
}

}  // namespace

Result<std::unique_ptr<Ends>> OpenEnds(Session& session, const ProbePlace& place) {
  if (const Result<const HostInfo*> info = session.Info(); !info) return Fail(info.error());
  Machine& machine = session.machine();
  if (place.peer.empty()) return machine.local_ends(place.client_netns, place.server_netns);
  return place.kind == ProbePlace::Peer::kEcho ? machine.echo_ends(place.peer)
                                               : machine.remote_ends(place.peer);
}

void StopOnSignal(Session& session) {
  session.machine().terminal.WatchForStop(kLastWords, static_cast<int>(ExitStatus::kInterrupted));
}

std::string ProgressLine(const ProbeProgress& progress) {
  std::string line = Format("run {} of {}, {}: {}", std::min(progress.run + 1, progress.runs),
                            progress.runs, Printable(progress.label), Seconds(progress.elapsed));
  if (progress.expected > progress.elapsed)
    line += Format(", about {} left", Seconds(progress.expected - progress.elapsed));
  return line;
}

std::string ClientHash(Session& session, const ProbePlace& place) {
  const bool apart = !place.client_netns.empty();
  if (apart && !session.machine().enter_namespace(place.client_netns)) return "";
  return HostHashNow(session);
}

}  // namespace tunewire
