#include "support/fake_processes.h"

#include <cerrno>

#include "base/format.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

/// What a login gets on an ordinary host.
std::map<std::string, Limits> UsualLimits() {
  std::map<std::string, Limits> limits;
  for (const char* item : {"as", "cpu", "data", "fsize", "locks", "rss", "rttime"}) {
    limits[item] = {kUnlimited, kUnlimited};
  }
  limits["core"] = {0, kUnlimited};
  limits["memlock"] = {8388608, 8388608};
  limits["msgqueue"] = {819200, 819200};
  limits["nice"] = {0, 0};
  limits["nofile"] = {1024, 524288};
  limits["nproc"] = {63000, 63000};
  limits["rtprio"] = {0, 0};
  limits["sigpending"] = {63000, 63000};
  limits["stack"] = {8388608, kUnlimited};
  return limits;
}

Error Refusal(ErrorKind kind, const char* code, int os_error, const std::string& subject) {
  Error error = os_error == 0 ? Error{} : SystemError("prlimit", subject, os_error);
  error.kind = kind;
  error.code = code;
  error.subject = subject;
  if (error.message.empty()) error.message = Format("there is no limit {}", subject);
  return error;
}

Status Refuse(const char* code, int os_error, const std::string& subject) {
  return Fail(Refusal(KindOfErrno(os_error), code, os_error, subject));
}

}  // namespace

ProcessId FakeProcesses::Add(int pid, const std::string& command, const std::string& unit) {
  Entry entry;
  entry.process.id = {pid, next_ticks_++};
  entry.process.command = command.substr(0, 15);
  entry.process.executable = command;
  entry.process.unit = unit;
  entry.limits = UsualLimits();
  return (entries_[pid] = std::move(entry)).process.id;
}

ProcessId FakeProcesses::Start(const std::string& command, const std::string& unit) {
  return Add(next_pid_++, command, unit);
}

ProcessId FakeProcesses::StartAs(int pid, const std::string& command) {
  return Add(pid, command, {});
}

void FakeProcesses::End(int pid) { entries_.erase(pid); }
void FakeProcesses::Give(int pid, Owner owner) { entries_.at(pid).owner = owner; }
void FakeProcesses::Put(int pid, const std::string& item, const Limits& limits) {
  entries_.at(pid).limits.at(item) = limits;
}

Result<std::vector<Process>> FakeProcesses::Processes() const {
  std::vector<Process> processes;
  for (const auto& [pid, entry] : entries_) processes.push_back(entry.process);
  return processes;
}

Status FakeProcesses::Check(const ProcessId& id, const std::string& item) const {
  if (!IsLimitItem(item)) return Fail(Refusal(ErrorKind::kInvalid, "no_such_limit", 0, item));
  const auto entry = entries_.find(id.pid);
  if (entry == entries_.end() || entry->second.process.id != id) {
    return Refuse("no_such_process", ESRCH, Format("process {}", id.pid));
  }
  return {};
}

Result<Limits> FakeProcesses::GetLimits(const ProcessId& id, const std::string& item) const {
  if (Status known = Check(id, item); !known) return Fail(std::move(known.error()));
  return entries_.at(id.pid).limits.at(item);
}

Status FakeProcesses::SetLimits(const ProcessId& id, const std::string& item,
                                const Limits& limits) {
  writes_.push_back(Format("{} {}={}:{}", id.pid, item, limits.soft, limits.hard));
  if (Status known = Check(id, item); !known) return known;
  Entry& entry = entries_.at(id.pid);
  Limits& is = entry.limits.at(item);
  const std::string subject = Format("{} of process {}", item, id.pid);
  const bool may_raise = caller_ == Caller::kMayRaise;
  // The kernel's order: whose process, then the pair itself, then the roof, then the privilege.
  if (entry.owner != Owner::kCaller && !may_raise) return Refuse("not_permitted", EPERM, subject);
  if (limits.soft > limits.hard) return Refuse("system", EINVAL, subject);
  if (item == "nofile" && limits.hard > nr_open_) return Refuse("not_permitted", EPERM, subject);
  if (limits.hard > is.hard && !may_raise) return Refuse("not_permitted", EPERM, subject);
  is = limits;
  return {};
}

}  // namespace tunewire
