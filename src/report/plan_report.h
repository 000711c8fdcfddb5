// A plan as text and as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/tune/boot_check.h"
#include "tunewire/tune/effect.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

/// What the last line of a plan invites to.
enum class PlanEnding {
  kAdvise,   ///< nothing changed; the command that would apply it
  kNothing,  ///< the caller goes on: apply asks, or has been refused
};

/// A plan and what was looked at beside it.
struct PlanView {
  Plan plan;
  std::optional<BootReport> boot;          ///< with --persist: as the next boot would be
  std::vector<NotInEffect> not_in_effect;  ///< what will go on with old settings
  std::vector<Error> unread;               ///< what could not be read, though it is there
};

/// Values that the kernel or the catalog refuses, as errors with their places.
std::vector<Error> InvalidChanges(const Plan& plan);

std::string PlanText(const PlanView& view, const Target& target, PlanEnding ending,
                     const Style& style);

/// The `result` object of `plan`.
std::string PlanJson(const PlanView& view);

}  // namespace tunewire
