// What `tunewire sockets --fix` and `--undo` did, as text and JSON. Plain data in, text out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/sockets/fix.h"

namespace tunewire {

struct FixView {
  FixPlan plan;
  std::string selection;  ///< as flags for the next command: "--pid 812"
  std::optional<FixReport> report;
  std::optional<TrialReport> trial;
  std::optional<UndoFixReport> undo;
};

/// "TCP_NODELAY", "TCP_DELACK_MAX_US".
std::string_view OptionName(SocketSwitch which);
/// "on", "off", "8.00 ms".
std::string OptionValue(SocketSwitch which, std::uint32_t value);

/// What would be touched, before anybody is asked.
std::string FixPlanText(const FixView& view, const Style& style);

/// Verdict, every socket before and after, what to run next.
std::string FixText(const FixView& view, const Target& target, const Style& style);

/// The members of `result` that a fix adds: "fixed", "refused", "trial", "undone", as text between
/// the braces of an object; those that are not there are left out, "fixed" never.
std::string FixMembersJson(const FixView& view);

/// The whole `result` object where no socket was judged.
std::string FixJson(const FixView& view);

}  // namespace tunewire
