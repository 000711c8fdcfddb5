// A plan's keys and limits as lines of one table.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

/// Every text is safe for a terminal.
struct ChangeRow {
  std::string key, before, after;
  std::string when;    ///< "takes effect on restart", empty where at once
  std::string why;     ///< why the profile asks for it, or why it is given back
  std::string origin;  ///< "web.json:14"
  std::string source;  ///< where that knowledge is from
  std::string reason;  ///< of what cannot be set, with what to do
  bool optional = false;
  bool limit = false;
  std::vector<std::string> notes;
};

/// Keys first, then limits.
std::vector<ChangeRow> RowsOf(const Plan& plan, ChangeStatus status);

/// Width that suits most keys.
int KeyWidth(const std::vector<ChangeRow>& rows, const Style& style);
/// The widest of those up to `most`.
int WidestOf(const std::vector<ChangeRow>& rows, std::string ChangeRow::*member, int most);

}  // namespace tunewire
