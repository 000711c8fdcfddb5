// What `tunewire check` found, as text and as the `result` object.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/check/walls.h"

namespace tunewire {

struct CheckView {
  enum class Refused { kNo, kYes };

  Refused refused = Refused::kNo;
  CheckVerdict verdict;
  std::optional<LoadWish> wish;
  std::optional<Calibration> calibration;
  std::string calibration_missing;  ///< why there is none, empty where it was made or not wanted
  std::string profile;              ///< of every line that mends something; empty: none would
  /// What would mend something, too, but only from the host's own network namespace.
  std::vector<std::string> host_keys;
  std::string host_hash;      ///< 16 hexadecimal digits
  double window_seconds = 0;  ///< between two readings of the counters; 0: since boot
  bool stopped = false;       ///< before its time was over: of what was seen until then
};

std::string CheckText(const CheckView& view, const Target& target, const Style& style);
std::string CheckJson(const CheckView& view);

}  // namespace tunewire
