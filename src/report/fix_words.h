// Parts that the plan, the result, the trial and the undo of a live fix say alike.
#pragma once

#include "report/fix_report.h"

namespace tunewire {

/// "python3 (pid 812, web.service)".
std::string HolderText(std::string_view command, int pid, std::string_view unit);

/// "10.0.0.9:80 <- 10.0.0.3:51234", "0.0.0.0:80 listening".
std::string EndsText(const std::string& local, const std::string& remote, bool listener);

/// "TCP_NODELAY off -> on".
std::string ChangeText(const FixTarget& target, const Style& style);

/// What new connections need, and what does not last; empty for nothing to warn of.
std::vector<std::string> FixWarnings(const FixView& view);

/// How many rows of sockets a report shows.
std::size_t MostRows(const Style& style);

}  // namespace tunewire
