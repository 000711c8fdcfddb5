#include "support/made_checks.h"

namespace tunewire {

CheckView CheckOf(const HostFacts& facts, const std::optional<LoadWish>& wish) {
  CheckView view;
  view.wish = wish;
  std::vector<Wall> walls;
  if (wish) walls = FindWalls(*wish, facts, PortUse{}, std::nullopt);
  view.verdict = JudgeHost(RunChecks(facts, {}), std::move(walls), wish);
  view.profile = ReadyProfile(view.verdict, facts);
  view.host_keys = HostKeys(view.verdict, facts);
  view.host_hash = "0123456789abcdef";
  view.window_seconds = facts.counters ? facts.counters->seconds : 0;
  return view;
}

LoadWish HeavyLoad() {
  LoadWish wish;
  wish.connections = 200'000;
  wish.rate = 50'000;
  wish.destinations = {ResolveHost({"192.0.2.9", 80}).value().front()};
  return wish;
}

}  // namespace tunewire
