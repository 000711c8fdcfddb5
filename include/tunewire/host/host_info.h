// Facts of the running host that decisions need, captured once as plain data.
#pragma once

#include <cstdint>
#include <string>

#include "tunewire/base/result.h"
#include "tunewire/profile/requirement.h"

namespace tunewire {

struct HostInfo {
  std::string kernel_release;     ///< "6.18.44"
  std::string boot_id;            ///< random id of this boot, 36 characters
  std::uint64_t netns_inode = 0;  ///< of the network namespace the process is in
  std::uint64_t init_netns = 0;   ///< of process 1, 0 where it cannot be read
  MemoryFacts memory;
  std::uint32_t uid = 0;
};

/// Reads the running host; with `root` other than "/", what that captured tree holds (absent facts
/// stay empty).
Result<HostInfo> ReadHostInfo(const std::string& root);

}  // namespace tunewire
