// Does a plan's keys survive the next boot, and which line is to blame where they do not.
#pragma once

#include <string>
#include <vector>

#include "tunewire/tune/boot.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

/// One managed key as one loader leaves it at the next boot.
struct BootOutcome {
  enum class Verdict {
    kKept,     ///< the value satisfies the profile
    kLost,     ///< `winner` sets another value
    kNotSet,   ///< no file sets it: the kernel's own value will stand
    kTooLate,  ///< a line sets it, but the key's module is loaded after the loader ran
  };
  Verdict verdict = Verdict::kKept;
  SysctlKey key;
  BootLoader loader = BootLoader::kSystemdSysctl;
  std::string want;   ///< as the profile says
  std::string value;  ///< at the next boot; empty where no file sets it
  FileLine winner;    ///< line 0 where there is none
  std::vector<BootLoser> losers;
  BootTiming timing = BootTiming::kAtLoad;
};

struct BootReport {
  std::vector<BootOutcome> outcomes;       ///< by key, systemd-sysctl first
  std::vector<std::string> disagreements;  ///< keys that the two loaders leave different
  std::vector<BootNote> notes;
  bool persisted = false;  ///< a file of ours is, or will be, among those read

  /// A persisted key that at least one loader does not keep.
  [[nodiscard]] bool HasLoss() const;
};

/// Pure. `files` as they are now; the files that the plan would write are laid over them first.
BootReport CheckBoot(const Plan& plan, BootFiles files);

}  // namespace tunewire
