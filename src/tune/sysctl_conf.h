// The lines of a sysctl.d file as each of the two loaders reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tunewire/tune/boot.h"

namespace tunewire {

struct SysctlLine {
  enum class Kind {
    kAssignment,  ///< "key = value", "-key = value"
    kExclusion,   ///< "-key"
    kOther,       ///< neither: both loaders pass over it with a warning
  };
  Kind kind = Kind::kOther;
  int line = 0;
  int key_column = 0;      ///< bytes, from 1
  int value_column = 0;    ///< 0 without a value
  std::string_view text;   ///< the line, stripped
  std::string_view key;    ///< as written, without the leading '-'
  std::string path;        ///< what the loader puts below /proc/sys/
  std::string_view value;  ///< stripped as the loader strips it
  bool ignore_failure = false;

  [[nodiscard]] bool is_glob() const { return path.find_first_of("*?[") != std::string::npos; }
};

/// Blank and comment lines are left out. The views point into `bytes`.
std::vector<SysctlLine> ParseSysctlLines(std::string_view bytes, BootLoader dialect);

/// systemd: the first separator decides whether dots separate; repeated and trailing separators and
/// "." parts go. "net.ipv4.conf.eth0/100.x" gives "net/ipv4/conf/eth0.100/x".
std::string SystemdKeyPath(std::string_view key);

/// procps: the same rule of the first separator, nothing else tidied.
std::string ProcpsKeyPath(std::string_view key);

}  // namespace tunewire
