// /proc/net/softnet_stat: what each CPU's receive path has done. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "tunewire/host/host_facts.h"

namespace tunewire {

/// One element for each line of hexadecimal columns (net/core/net-procfs.c), in the file's order;
/// lines that are none are passed over. Kernels before 5.10 do not name the CPU: then it is the
/// line's number, which is the CPU's as long as none is offline. All but the last column are
/// counters of 32 bits, which wrap around.
std::vector<SoftnetCpu> DecodeSoftnet(std::string_view text);

}  // namespace tunewire
