// What lives and still runs with old settings, in words: equal things together.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "tunewire/tune/effect.h"

namespace tunewire {

/// Findings of one program about one key.
struct EffectGroup {
  const NotInEffect* first = nullptr;
  std::vector<int> pids;             ///< different ones, in order
  std::vector<std::string> sockets;  ///< different ones, in order; interfaces for a qdisc

  /// "nginx.service", "nginx (pid 812)", "0.0.0.0:80", "eth0".
  [[nodiscard]] std::string Who() const;
  /// "pid 812 and 3 more, at 0.0.0.0:80, [::]:80 and 2 more".
  [[nodiscard]] std::string Where(int most) const;
};

std::vector<EffectGroup> GroupEffects(const std::vector<NotInEffect>& findings,
                                      NotInEffect::Kind kind);

/// Each group with its place and the action that helps.
std::string StaleText(const std::vector<NotInEffect>& findings, const Style& style);

/// Programs that chose less themselves: one line a key and at most five, all of them with -v.
std::string OwnChoiceText(const std::vector<NotInEffect>& findings, const Style& style);

}  // namespace tunewire
