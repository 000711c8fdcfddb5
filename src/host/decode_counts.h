// Files of /proc that are a few numbers. Pure; nothing where a text is not what proc(5) describes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tunewire/host/host_facts.h"

namespace tunewire {

/// /proc/net/sockstat, and what sockstat6 adds to it (empty without IPv6).
std::optional<SocketCounts> DecodeSocketCounts(std::string_view sockstat,
                                               std::string_view sockstat6);

struct OpenFiles {
  std::uint64_t open = 0, most = 0;

  bool operator==(const OpenFiles&) const = default;
};

/// /proc/sys/fs/file-nr: allocated, free, most.
std::optional<OpenFiles> DecodeFileNr(std::string_view text);

struct LoadAverage {
  double one_minute = 0;
  std::uint32_t threads = 0;  ///< of the whole host: behind the slash

  bool operator==(const LoadAverage&) const = default;
};

/// /proc/loadavg: "0.20 0.18 0.12 1/80 11206".
std::optional<LoadAverage> DecodeLoadAverage(std::string_view text);

/// The line of all CPUs of /proc/stat. What guests used is part of `user`, as the kernel adds it.
std::optional<CpuTicks> DecodeCpuTicks(std::string_view text);

/// avg10 of the line "some" of a file of /proc/pressure, percent.
std::optional<double> DecodePressure(std::string_view text);

/// /proc/uptime, seconds.
std::optional<double> DecodeUptime(std::string_view text);

/// /proc/meminfo. Kernels before 3.14 have no MemAvailable: then what is free stands for it.
std::optional<MemoryNow> DecodeMemory(std::string_view text);

}  // namespace tunewire
