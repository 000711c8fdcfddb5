// What is wrong, dead or misleading in a file of settings, before anything is applied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"
#include "tunewire/profile/profile.h"
#include "tunewire/tune/boot.h"
#include "tunewire/tune/import.h"

namespace tunewire {

enum class LintSeverity {
  kError,    ///< does not do what it says, or does harm
  kWarning,  ///< very likely not what was meant
  kNote,     ///< worth knowing
};
/// "error", "warning", "note".
std::string_view LintSeverityName(LintSeverity severity);

struct LintRule {
  std::string_view id;  ///< stable: "inverted-vector"
  LintSeverity severity = LintSeverity::kWarning;
  std::string_view advice;  ///< one sentence without a full stop
};
/// Every rule, in the order they run.
std::vector<LintRule> LintRules();

struct LintFinding {
  std::string rule;
  LintSeverity severity = LintSeverity::kWarning;
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< bytes, from 1; 0 where only the line is known
  std::string message;
  std::string advice;  ///< the rule's, or a better one for this very case
};

/// What is known of the host; each unknown switches its rules off.
struct LintFacts {
  bool keys_known = false;
  std::vector<SysctlKey> existing;       ///< keys below /proc/sys, where keys_known
  bool child_namespace = false;          ///< not the first network namespace: host-wide keys lack
  std::vector<std::uint16_t> listening;  ///< ports of listeners
  std::string reserved_ports;            ///< ip_local_reserved_ports now
  MemoryFacts memory;                    ///< ram_bytes 0: unknown
  std::uint64_t nr_open = 0;             ///< fs.nr_open now, 0: unknown
  std::optional<BootFiles> boot;         ///< tells which modules load too late
};

/// Sorted by line and column. Errors: kInvalid "binary_file", "too_large".
Result<std::vector<LintFinding>> LintSettings(const SourceText& source, const LintFacts& facts);

}  // namespace tunewire
