#include "base/format.h"
#include "tunewire/host/processes.h"

namespace tunewire {
namespace {

Error NoSuchProcess(const ProcessId& id) {
  return {.kind = ErrorKind::kNotFound,
          .code = "no_such_process",
          .message = Format("no process {}: a captured tree has none", id.pid),
          .subject = Format("{}", id.pid)};
}

class Nobody : public ProcessTable {
 public:
  Result<std::vector<Process>> Processes() const override { return std::vector<Process>(); }
  Result<Limits> GetLimits(const ProcessId& id, const std::string&) const override {
    return Fail(NoSuchProcess(id));
  }
  Status SetLimits(const ProcessId& id, const std::string&, const Limits&) override {
    return Fail(NoSuchProcess(id));
  }
};

}  // namespace

std::unique_ptr<ProcessTable> NoProcesses() { return std::make_unique<Nobody>(); }

}  // namespace tunewire
