// What is known of each RLIMIT_ item.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tunewire/profile/profile.h"

namespace tunewire {

struct LimitItem {
  std::string_view name;          ///< as limits.conf(5) calls it
  std::uint64_t most = 0;         ///< largest number; above kUnlimited - 1 none
  bool unlimited = true;          ///< "unlimited" makes sense
  std::uint64_t login_step = 1;   ///< limits.conf counts in steps of so many setrlimit(2) units
  std::uint64_t login_least = 0;  ///< smallest that limits.conf can express
};

/// nullptr where there is no such item.
const LimitItem* FindLimitItem(std::string_view name);

std::span<const LimitItem> AllLimitItems();

/// What is wrong with `subject` as one of `target`'s; empty where all is well.
std::string_view SubjectDefect(LimitTarget target, std::string_view subject);

}  // namespace tunewire
