// What /proc/PID says, as bytes. Pure; a process names itself as it likes, so nothing here trusts
// a name to be without parentheses, newlines or escape bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tunewire/host/processes.h"

namespace tunewire {

/// Parts of /proc/PID/stat, proc(5).
struct ProcessStat {
  std::string command;  ///< older kernels write a newline and a backslash in it as \n and \\ here
  char state = '?';
  std::uint32_t flags = 0;  ///< PF_* of the kernel
  std::int64_t threads = 0;
  std::uint64_t start_ticks = 0;

  [[nodiscard]] bool kernel_thread() const;
  /// Nothing of it runs: a zombie, or about to be none. A leader that left its threads behind runs.
  [[nodiscard]] bool ended() const;
};

/// The first fields of /proc/PID/stat behind the name as views: every process is decoded, so
/// nothing is copied. False where there are fewer.
bool SplitStatFields(std::string_view text, std::span<std::string_view> fields);

/// Nothing where the text is no such line.
std::optional<ProcessStat> DecodeProcessStat(std::string_view text);

/// /proc/PID/comm without its newline.
std::string DecodeCommand(std::string_view text);

/// Last part of what /proc/PID/exe points to, " (deleted)" left out.
std::string DecodeExecutable(std::string_view link);

struct CgroupUnit {
  std::string name;          ///< "nginx.service", empty without one
  std::string user_manager;  ///< "user@1000.service" where the unit is that manager's

  bool operator==(const CgroupUnit&) const = default;
};

/// The service that /proc/PID/cgroup (v2, v1 and hybrid) places the process in: the outermost, for
/// what lies below it belongs to it; below user@UID.service, that manager's. The name is the one
/// systemctl takes: the "_" that guards a cgroup's name is gone, "\x2d" stays.
CgroupUnit DecodeCgroup(std::string_view text);

/// The row of /proc/PID/limits that begins with `label` ("Max open files"); nothing without one.
std::optional<Limits> DecodeLimits(std::string_view text, std::string_view label);

/// 77 of "socket:[77]"; nothing of another link.
std::optional<std::uint64_t> DecodeSocketLink(std::string_view link);

}  // namespace tunewire
