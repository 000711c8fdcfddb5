// Where a process's control group lies, and what its files say. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

/// A line of /proc/PID/cgroup.
struct CgroupLine {
  bool unified = false;  ///< "0::PATH", version 2
  std::vector<std::string> controllers;
  std::string path;

  bool operator==(const CgroupLine&) const = default;
};

std::vector<CgroupLine> DecodeCgroupLines(std::string_view text);

/// A mount of a control group hierarchy.
struct CgroupMount {
  int version = 0;
  std::string root;  ///< the group that the mount point shows
  std::string point;
  std::vector<std::string> options;  ///< of the super block; of version 1: the controllers too

  bool operator==(const CgroupMount&) const = default;
};

/// Those of /proc/PID/mountinfo; all other file systems are passed over.
std::vector<CgroupMount> DecodeCgroupMounts(std::string_view mountinfo);

/// The folder of a group and those of its ancestors that can be seen, the group's first. Relative
/// to the root folder: "sys/fs/cgroup/user.slice".
struct CgroupPlace {
  int version = 0;
  std::string path;
  std::vector<std::string> folders;

  bool operator==(const CgroupPlace&) const = default;
};

/// Where `controller` ("cpu") of version 1 governs the process; without it, its version 2 group.
/// Nothing where no mount shows the group: `why` says so.
std::optional<CgroupPlace> FindCgroup(const std::vector<CgroupLine>& lines,
                                      const std::vector<CgroupMount>& mounts,
                                      std::string_view controller, std::string& why);

struct CpuQuota {
  std::uint64_t quota_us = 0, period_us = 0;

  bool operator==(const CpuQuota&) const = default;
};

/// cpu.max of version 2; nothing for "max 100000" and any other text.
std::optional<CpuQuota> DecodeCpuMax(std::string_view text);

/// cpu.cfs_quota_us and cpu.cfs_period_us of version 1; nothing for -1.
std::optional<CpuQuota> DecodeCfsQuota(std::string_view quota, std::string_view period);

/// memory.max, pids.max, memory.limit_in_bytes: nothing for "max", and for what version 1 writes
/// where there is no limit (the largest page counter).
std::optional<std::uint64_t> DecodeCgroupLimit(std::string_view text);

struct Throttling {
  std::uint64_t periods = 0, us = 0;

  bool operator==(const Throttling&) const = default;
};

/// cpu.stat: nr_throttled, and throttled_usec (version 2) or throttled_time (version 1, ns).
std::optional<Throttling> DecodeThrottling(std::string_view text);

}  // namespace tunewire
