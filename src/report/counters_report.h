// `tunewire counters` as text and as the `result` object of JSON.
#pragma once

#include <string>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/sockets/counters.h"

namespace tunewire {

struct CountersView {
  enum class Refused { kNo, kYes };

  Refused refused = Refused::kNo;
  CountersReading reading;
  std::string softnet_missing;  ///< why there is none, empty where it was read
  bool all = false;             ///< traffic, too
  bool stopped = false;         ///< before its time was over
};

std::string CountersText(const CountersView& view, const Target& target, const Style& style);
std::string CountersJson(const CountersView& view);

}  // namespace tunewire
