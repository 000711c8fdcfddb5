// An in-memory process table that refuses what prlimit(2) refuses.
// tests/unit/host/processes_test.cpp holds it to the real one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tunewire/host/processes.h"

namespace tunewire {

class FakeProcesses : public ProcessTable {
 public:
  enum class Owner { kCaller, kSomebodyElse };
  enum class Caller { kOrdinary, kMayRaise };  ///< kMayRaise: CAP_SYS_RESOURCE

  explicit FakeProcesses(Caller caller) : caller_(caller) {}

  /// A process with the next free number. Only the first 15 bytes of `command` are kept.
  ProcessId Start(const std::string& command, const std::string& unit);
  /// With a number that is free: one given out again.
  ProcessId StartAs(int pid, const std::string& command);
  void End(int pid);
  void Give(int pid, Owner owner);
  void Put(int pid, const std::string& item, const Limits& limits);
  void SetNrOpen(std::uint64_t nr_open) { nr_open_ = nr_open; }
  /// Every call of SetLimits, accepted or not: "100 nofile=1024:4096".
  const std::vector<std::string>& writes() const { return writes_; }

  Result<std::vector<Process>> Processes() const override;
  Result<Limits> GetLimits(const ProcessId& id, const std::string& item) const override;
  Status SetLimits(const ProcessId& id, const std::string& item, const Limits& limits) override;

 private:
  struct Entry {
    Process process;
    Owner owner = Owner::kCaller;
    std::map<std::string, Limits> limits;
  };

  ProcessId Add(int pid, const std::string& command, const std::string& unit);
  Status Check(const ProcessId& id, const std::string& item) const;

  Caller caller_;
  std::map<int, Entry> entries_;
  std::vector<std::string> writes_;
  int next_pid_ = 100;
  std::uint64_t next_ticks_ = 5000;
  std::uint64_t nr_open_ = 1048576;
};

}  // namespace tunewire
