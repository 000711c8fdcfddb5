// Every resource that may end first; what does not concern the load is left out.
#pragma once

#include <optional>
#include <vector>

#include "check/load_shape.h"

namespace tunewire {

// walls_ports.cpp
std::optional<Wall> SourcePortWall(const LoadShape& shape, const std::optional<PortUse>& ports);

// walls_source.cpp
std::optional<Wall> SourceAddressWall(const LoadShape& shape);

// walls_files.cpp
std::optional<Wall> DescriptorWall(const LoadShape& shape);
std::optional<Wall> FileTableWall(const LoadShape& shape);
std::optional<Wall> ThreadWall(const LoadShape& shape);

// walls_queues.cpp
std::optional<Wall> AcceptWall(const LoadShape& shape);
std::optional<Wall> SynWall(const LoadShape& shape);
std::optional<Wall> OrphanWall(const LoadShape& shape);

// walls_conntrack.cpp
std::optional<Wall> ConntrackWall(const LoadShape& shape);

// walls_memory.cpp
std::optional<Wall> TcpMemoryWall(const LoadShape& shape);
std::optional<Wall> MemoryWall(const LoadShape& shape);

// walls_rate.cpp
std::optional<Wall> CpuWall(const LoadShape& shape, const std::optional<Calibration>& calibration);
std::optional<Wall> BandwidthWall(const LoadShape& shape);
std::optional<Wall> WindowWall(const LoadShape& shape);

}  // namespace tunewire
