// A plan as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

/// What the last line of a plan invites to.
enum class PlanEnding {
  kAdvise,   ///< nothing changed; the command that would apply it
  kNothing,  ///< the caller goes on: apply asks, or has been refused
};

/// Values that the kernel or the catalog refuses, as errors with their places.
std::vector<Error> InvalidChanges(const Plan& plan);

std::string PlanText(const Plan& plan, const Target& target, PlanEnding ending, const Style& style);

/// The `result` object of `plan`.
std::string PlanJson(const Plan& plan);

}  // namespace tunewire
