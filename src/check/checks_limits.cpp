// Limits of the process and of the host's tables.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

// More than the ports there are from one address to one target: the ports end first.
constexpr std::uint64_t kManyFiles = 65536;
// The default hard limit of old distributions: a load test of some thousand connections breaks.
constexpr std::uint64_t kFewFiles = 4096;
constexpr std::uint64_t kLeastFiles = 1024;
// systemd sets fs.file-max to LONG_MAX: no number that anybody meant.
constexpr std::uint64_t kManyTables = std::uint64_t{1} << 62;

std::string Files(std::uint64_t number) {
  return number == kUnlimited ? "unlimited" : Format("{}", number);
}

bool WasRead(const Limits& limits) { return limits.soft != 0 || limits.hard != 0; }

std::string NofileEvidence(const Limits& limits) {
  return Format("RLIMIT_NOFILE of this process: soft {}, hard {}", Files(limits.soft),
                Files(limits.hard));
}

ProfileLine NofileLine() {
  return AtLeastLine("nofile", static_cast<std::int64_t>(kManyFiles),
                     "a connection is a descriptor; what is too many fails with EMFILE");
}

}  // namespace

CheckResult LookAtSoftNofile(const HostFacts& facts, const CheckWish&) {
  if (!WasRead(facts.nofile)) return UnknownCheck("the limits of this process were not read");
  const auto [soft, hard] = facts.nofile;
  CheckFix fix{soft < hard ? Format("ulimit -n {} in the shell that starts the program",
                                    std::min(hard, kManyFiles))
                           : "the hard limit is no higher: raise that first",
               {}};
  if (hard < kManyFiles) fix.profile.push_back(NofileLine());
  return JudgedCheck(
      StateBelow(static_cast<double>(soft), static_cast<double>(kManyFiles), kLeastFiles),
      {Files(soft), Format("{} or more", kManyFiles), NofileEvidence(facts.nofile),
       "each connection takes a descriptor: a program that does not raise its soft limit gets "
       "EMFILE at this many"},
      std::move(fix));
}

CheckResult LookAtHardNofile(const HostFacts& facts, const CheckWish&) {
  if (!WasRead(facts.nofile)) return UnknownCheck("the limits of this process were not read");
  const std::uint64_t hard = facts.nofile.hard;
  return JudgedCheck(
      StateBelow(static_cast<double>(hard), static_cast<double>(kManyFiles), kFewFiles),
      {Files(hard), Format("{} or more", kManyFiles), NofileEvidence(facts.nofile),
       "no program without privileges can raise itself above the hard limit"},
      {Format("log in anew with nofile {} in limits.d, or LimitNOFILE={} for a service", kManyFiles,
              kManyFiles),
       {NofileLine()}});
}

CheckResult LookAtFileTable(const HostFacts& facts, const CheckWish&) {
  if (!facts.files) return UnknownCheck(facts.files.why());
  const FileTable& files = *facts.files;
  const double used = ShareOf(static_cast<double>(files.open), static_cast<double>(files.most));
  const auto wanted =
      static_cast<std::int64_t>(std::min<std::uint64_t>(files.most, 1ULL << 40) * 2);
  // At four fifths a load of the usual size (tens of thousands of sockets) fills the rest.
  return JudgedCheck(
      StateAbove(used, 0.8, 0.95),
      {files.most >= kManyTables ? Format("{} open, no limit", files.open)
                                 : Format("{} of {} open", files.open, files.most),
       "under 80 %", Format("/proc/sys/fs/file-nr = {} 0 {}", files.open, files.most),
       "the whole host's table of open files: where it is full, socket and accept fail with ENFILE "
       "for everybody but root"},
      {"raise fs.file-max, or close what holds the files",
       {AtLeastLine("fs.file-max", wanted, "the host's table of open files is nearly full")}});
}

CheckResult LookAtThreads(const HostFacts& facts, const CheckWish&) {
  if (!facts.threads_max) return UnknownCheck(facts.threads_max.why());
  if (!facts.threads_now) return UnknownCheck(facts.threads_now.why());
  // Every thread takes a process number, so the smaller of the two counts.
  const std::uint32_t most =
      facts.pid_max ? std::min(*facts.threads_max, *facts.pid_max) : *facts.threads_max;
  const bool numbers = facts.pid_max && *facts.pid_max < *facts.threads_max;
  const char* key = numbers ? "kernel.pid_max" : "kernel.threads-max";
  return JudgedCheck(StateAbove(ShareOf(*facts.threads_now, most), 0.8, 0.95),
                     {Format("{} of {}", *facts.threads_now, most), "under 80 %",
                      Format("/proc/loadavg: {} threads; {} = {}", *facts.threads_now, key, most),
                      "a server with a thread per connection stops with EAGAIN at clone"},
                     {Format("raise {}", key),
                      {AtLeastLine(key, std::min<std::int64_t>(std::int64_t{most} * 2, 4194304),
                                   "nearly all threads the host may have are in use")}});
}

CheckResult LookAtPidsLimit(const HostFacts& facts, const CheckWish&) {
  if (!facts.cgroup) return UnknownCheck(facts.cgroup.why());
  const auto& limit = facts.cgroup->pids_limit;
  const std::string evidence = Format("pids.max along cgroup {}", facts.cgroup->path);
  const std::string why = "threads above it are refused with EAGAIN, in this control group alone";
  if (!limit) return JudgedCheck(CheckState::kOk, {"no limit", "512 or more", evidence, why}, {});
  // A worker or two per CPU and the shell around it fit into 64 on every host; thread pools need
  // some hundred.
  return JudgedCheck(StateBelow(static_cast<double>(*limit), 512, 64),
                     {Count(*limit, "task", "tasks"), "512 or more", evidence, why},
                     {"raise TasksMax= of the unit, or --pids-limit of the container", {}});
}

}  // namespace tunewire
