// Limit*= lines of systemd units and their drop-ins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/tune/limits.h"

namespace tunewire {

/// "LimitNOFILE" for "nofile".
std::string UnitLimitKey(std::string_view item);

/// "[Service]" for x.service, "[Socket]" for x.socket, ...
std::string_view UnitSection(std::string_view unit);

/// One assignment, in the kernel's units; an empty one resets.
struct UnitLimitLine {
  std::string key;  ///< "LimitNOFILE"
  std::optional<std::uint64_t> soft, hard;
  int line = 0;
};

/// Pure; systemd.syntax(7): sections, '#' and ';' comments, trailing backslashes. Amounts as
/// systemd.exec(5) takes them: "soft:hard", "infinity", K M G T P E for bytes. Times of LimitCPU=
/// and LimitRTTIME= only as plain numbers; others leave the amount open.
std::vector<UnitLimitLine> ParseUnitLimits(std::string_view text);

/// Folders in systemd's order; the unit's own file first, then drop-ins by name, an earlier folder
/// masking the same name.
struct UnitFiles {
  bool known = false;
  std::vector<std::string> paths;  ///< in the order of reading
};
UnitFiles FindUnitFiles(const Files& files, const std::string& root, const std::string& unit);

}  // namespace tunewire
