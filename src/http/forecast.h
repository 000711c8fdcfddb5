// What will run short under a load, told before it starts. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/host/processes.h"
#include "tunewire/host/source_ports.h"
#include "tunewire/http/load.h"

namespace tunewire {

struct ForecastFacts {
  Limits nofile;                     ///< of this process; the soft one is raised when it starts
  std::optional<SourcePorts> ports;  ///< nothing where the host does not say
};

enum class Certainty {
  kWill,  ///< it cannot work as asked
  kMay,   ///< it depends on how fast the server answers, or on who closes first
};

struct Shortage {
  Certainty certainty = Certainty::kWill;
  std::string code;  ///< "descriptors", "source_ports", "time_wait"
  std::uint64_t needed = 0, available = 0;
  std::string sentence;
  std::string hint;

  bool operator==(const Shortage&) const = default;
};

/// Empty where nothing will run short.
std::vector<Shortage> ForecastLoad(const LoadSpec& spec, const ForecastFacts& facts);

/// "sentence; hint" of each, for reports.
std::vector<std::string> ForecastLines(const std::vector<Shortage>& shortages);

}  // namespace tunewire
