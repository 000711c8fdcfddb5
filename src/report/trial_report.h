// What `tunewire trial` found, as text and as the `result` object.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "tunewire/check/trial.h"

namespace tunewire {

/// What the profile is compared with.
enum class TrialAgainst {
  kNow,       ///< the values this host has
  kDefaults,  ///< those a new network namespace comes with
};

struct TrialKey {
  enum class Fate {
    kTried,
    kAlready,   ///< the host has the value: nothing to compare
    kHostWide,  ///< one value for the host, or for the machine
    kRefused,
    kMissing,
  };
  std::string key, before, after;
  Fate fate = Fate::kTried;
  std::string why;  ///< in words, where it was not tried
};

struct TrialView {
  std::string profile;
  TrialAgainst against = TrialAgainst::kNow;
  std::vector<TrialKey> keys;
  std::vector<std::string> limits;  ///< of processes: never tried here
  TrialResult result;
};

std::string TrialText(const TrialView& view, const Style& style);
std::string TrialJson(const TrialView& view);

}  // namespace tunewire
