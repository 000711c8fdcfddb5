// Source addresses that bind(2) refuses.
#include <algorithm>

#include "base/format.h"
#include "check/walls_parts.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::optional<Wall> SourceAddressWall(const LoadShape& shape) {
  const std::vector<std::string>& sources = shape.wish.sources;
  const auto& refused = shape.facts.refused_sources;
  const auto is_refused = [&](const std::string& one) { return refused.contains(one); };
  const auto first = std::ranges::find_if(sources, is_refused);
  if (first == sources.end()) return std::nullopt;
  Wall wall;
  wall.resource = "source_address";
  wall.title = "source addresses";
  wall.need = static_cast<double>(sources.size());
  wall.have = wall.need - static_cast<double>(std::ranges::count_if(sources, is_refused));
  const RefusedBind& answer = refused.at(*first);
  wall.error = answer.error;
  wall.operation = "bind";
  // They are taken in turn.
  wall.at_connections = static_cast<std::uint64_t>(first - sources.begin());
  wall.formula = Format("bind to {}: {}", Printable(*first), answer.words);
  wall.what_happens = answer.error == "EADDRNOTAVAIL"
                          ? Format("no interface here has {}", Printable(*first))
                          : Format("{} is none that a connection can come from", Printable(*first));
  return MadeWall(shape, std::move(wall));
}

}  // namespace tunewire
