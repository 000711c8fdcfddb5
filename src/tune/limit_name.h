// How the journal names and writes the limit of a running process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tunewire/host/processes.h"

namespace tunewire {

struct LimitName {
  std::string item;
  ProcessId id;
};

/// "nofile 812 1234567 nginx": item, pid, start time, command.
std::string LimitItemName(const std::string& item, const Process& process);
std::optional<LimitName> ParseLimitItemName(std::string_view name);

/// "1024 524288"; "unlimited" for RLIM_INFINITY.
std::string LimitsText(const Limits& limits);
std::optional<Limits> ParseLimits(std::string_view text);

}  // namespace tunewire
