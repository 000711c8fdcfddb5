// All walls of a load, in the order they are met.
#include "tunewire/check/walls.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "check/check_parts.h"
#include "check/walls_parts.h"

namespace tunewire {
namespace {

/// Broken ones first, then what is known, then what is not.
int Rank(const Wall& wall) {
  if (!Breaks(wall)) return wall.unknown.empty() ? 3 : 4;
  if (wall.error.empty()) return 2;
  return wall.only_while.empty() ? 0 : 1;
}

/// Walls that stop a load at a number of connections are met in that order.
double Meeting(const Wall& wall) {
  return wall.at_connections ? static_cast<double>(*wall.at_connections)
                             : std::numeric_limits<double>::max();
}

double Fullness(const Wall& wall) {
  return wall.have > 0 ? wall.need / wall.have : std::numeric_limits<double>::max();
}

bool Earlier(const Wall& a, const Wall& b) {
  if (Rank(a) != Rank(b)) return Rank(a) < Rank(b);
  if (Meeting(a) != Meeting(b)) return Meeting(a) < Meeting(b);
  return Fullness(a) > Fullness(b);
}

}  // namespace

bool Breaks(const Wall& wall) { return wall.unknown.empty() && !wall.enough; }

std::vector<Wall> FindWalls(const LoadWish& wish, const HostFacts& facts,
                            const std::optional<PortUse>& ports,
                            const std::optional<Calibration>& calibration) {
  const LoadShape shape = ShapeOf(wish, facts, calibration);
  std::vector<Wall> walls;
  const auto add = [&walls](std::optional<Wall> wall) {
    if (wall) walls.push_back(std::move(*wall));
  };
  add(SourceAddressWall(shape));
  add(SourcePortWall(shape, ports));
  add(DescriptorWall(shape));
  add(FileTableWall(shape));
  add(AcceptWall(shape));
  add(SynWall(shape));
  add(ConntrackWall(shape));
  add(TcpMemoryWall(shape));
  add(MemoryWall(shape));
  add(OrphanWall(shape));
  add(ThreadWall(shape));
  add(CpuWall(shape, calibration));
  add(BandwidthWall(shape));
  add(WindowWall(shape));
  std::ranges::stable_sort(walls, Earlier);
  return walls;
}

}  // namespace tunewire
