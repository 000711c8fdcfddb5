// What /sys and /proc say of processors, as text. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

/// The first processor of /proc/cpuinfo.
struct CpuInfo {
  std::string model;         ///< "Intel(R) Xeon(R) ..."; of ARM: "Neoverse-N1", or its numbers
  bool flags_known = false;  ///< x86
  bool hypervisor = false;   ///< one of the flags: the CPU says that it is a virtual one

  bool operator==(const CpuInfo&) const = default;
};

CpuInfo DecodeCpuInfo(std::string_view text);

/// "madvise" of "always [madvise] never"; nothing where nothing is chosen.
std::optional<std::string> DecodeChosen(std::string_view text);

/// PRETTY_NAME of os-release(5); empty without one.
std::string DecodeDistribution(std::string_view text);

}  // namespace tunewire
