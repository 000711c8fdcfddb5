// The server's CPU and memory beside the load, once a second.
#pragma once

#include <optional>
#include <vector>

#include "cli/machine.h"
#include "report/http_report.h"

namespace tunewire {

class ServerWatch {
 public:
  /// Watches nothing with `pid` 0. Errors: kNotFound "no_such_process".
  static Result<ServerWatch> Of(Machine& machine, int pid);

  /// Takes a sample where a second has passed since the last. A server that ended is not asked
  /// again.
  void Look(const HttpProgress& now);

  [[nodiscard]] const std::vector<ServerSample>& samples() const { return samples_; }

 private:
  struct Before {
    std::chrono::nanoseconds at{};
    std::int64_t cpu_ns = 0;
    std::uint64_t requests = 0;
    std::size_t run = 0;
  };

  ServerWatch(Machine& machine, std::optional<ProcessId> server)
      : machine_(&machine), server_(server) {}

  Machine* machine_;
  std::optional<ProcessId> server_;
  std::chrono::nanoseconds begin_{};
  std::optional<Before> before_;
  std::vector<ServerSample> samples_;
};

}  // namespace tunewire
