#include "cli/server_watch.h"

namespace tunewire {

Result<ServerWatch> ServerWatch::Of(Machine& machine, int pid) {
  if (pid == 0) return ServerWatch(machine, std::nullopt);
  const Result<ProcessId> server = machine.process_now(pid);
  if (!server) return Fail(server.error());
  return ServerWatch(machine, *server);
}

void ServerWatch::Look(const HttpProgress& now) {
  constexpr std::chrono::seconds kDistance(1);
  if (!server_) return;
  const std::chrono::nanoseconds at = machine_->clock.SinceBoot();
  if (before_ && at - before_->at < kDistance) return;
  const Result<std::optional<ProcessUsage>> usage = machine_->usage_of_tree(*server_);
  if (!usage || !*usage) {
    server_.reset();
    return;
  }
  const Before here{at, (*usage)->cpu_ns, now.requests, now.run};
  if (!before_) begin_ = at;
  if (before_) {
    const auto passed = static_cast<double>((at - before_->at).count());
    // A new run counts its requests from 0 again.
    const std::uint64_t from = before_->run == here.run ? before_->requests : 0;
    ServerSample sample;
    sample.at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - begin_).count();
    sample.cpu_percent = 100 * static_cast<double>(here.cpu_ns - before_->cpu_ns) / passed;
    sample.rss_bytes = (*usage)->rss_bytes;
    sample.processes = (*usage)->processes;
    sample.requests_per_second = static_cast<double>(here.requests - from) * 1e9 / passed;
    samples_.push_back(sample);
  }
  before_ = here;
}

}  // namespace tunewire
