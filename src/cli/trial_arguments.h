// What `tunewire trial` was asked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "report/trial_report.h"
#include "tunewire/check/trial.h"

namespace tunewire {

struct TrialArguments {
  std::vector<std::string> profiles;
  TrialAgainst against = TrialAgainst::kNow;
  TrialWish wish;
};

}  // namespace tunewire
