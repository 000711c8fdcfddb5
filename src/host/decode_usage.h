// What /proc/PID/stat says of time and memory, and what a tree of processes adds up to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tunewire/host/process_usage.h"

namespace tunewire {

/// Parts of /proc/PID/stat, proc(5); times in ticks.
struct UsageStat {
  ProcessId id;
  int parent = 0;
  char state = '?';
  std::uint64_t ticks = 0;  ///< utime, stime, cutime and cstime
  std::uint64_t rss_pages = 0;

  bool operator==(const UsageStat&) const = default;
};

/// Nothing where the text is no such line.
std::optional<UsageStat> DecodeUsageStat(std::string_view text);

struct UsageUnits {
  std::int64_t tick_ns = 10'000'000;
  std::uint64_t page_bytes = 4096;
};

/// `root` and all below it; nothing where it is not among them, or is a zombie.
std::optional<ProcessUsage> SumTree(std::span<const UsageStat> all, const ProcessId& root,
                                    const UsageUnits& units);

}  // namespace tunewire
