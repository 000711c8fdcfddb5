// What CLI11 writes into for `tunewire check`, and the load that the words name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/check_arguments.h"
#include "tunewire/base/result.h"

namespace tunewire {

/// As given; absent where not.
struct CheckLine {
  using Word = std::optional<std::string>;

  Word connections, rate, duration, listen, backlog, message, rtt, bandwidth, threads, closes_first,
      interface, window;
  std::vector<std::string> to, sources;
  bool keepalive = false, bind_takes_port = false, no_calibration = false, fix = false;
};

/// Errors: kUsage, for each value that is none and each combination that says nothing.
Result<CheckArguments> TakeCheck(const CheckLine& words);

/// What does not go together, whatever the values are. Errors: kUsage.
Status CheckTogether(const CheckLine& words);

}  // namespace tunewire
