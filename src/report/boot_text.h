// What the next boot takes away, in words.
#pragma once

#include <string>
#include <vector>

#include "tunewire/tune/boot_check.h"

namespace tunewire {

/// One key that at least one loader does not keep. Texts are safe for a terminal.
struct BootLoss {
  std::string key;
  std::string winner;  ///< the line that both loaders take instead of ours, empty otherwise
  std::string reason;  ///< "/etc/sysctl.d/99-x.conf:3 sets it to 4096 after ours"
  std::string action;  ///< the one thing that helps
};

/// By key; both loaders together where they agree, and both named where they do not.
std::vector<BootLoss> BootLosses(const BootReport& report);

/// "kept", "lost", "not_set", "too_late": for JSON.
std::string_view BootVerdictSlug(BootOutcome::Verdict verdict);

/// "/etc/sysctl.d/99-x.conf:3"; the file alone where the line is 0.
std::string FileLineText(const FileLine& at);

}  // namespace tunewire
