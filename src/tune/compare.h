// When two spellings are one value, and when a stored value is what the kernel makes of a wanted
// one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tunewire/catalog/tunable.h"

namespace tunewire {

/// Both texts hold the same value of `key`: white space, port lists and masks in canonical form.
bool SameValue(const SysctlKey& key, std::string_view a, std::string_view b);

/// `stored` is what the kernel keeps after `wanted` was written: equal, or rounded the way the
/// catalog says (fs/pipe.c rounds up to a power of two, proc_dointvec_*jiffies to a jiffy).
bool KeptAs(const Tunable* tunable, const std::vector<std::string>& wanted,
            const std::vector<std::string>& stored);

/// The kernel changes `key` by itself when `cause` is written.
bool IsCoupled(const SysctlKey& cause, const SysctlKey& key);

/// Canonical fields joined by one space, for people and JSON.
std::string ShownValue(const SysctlKey& key, std::string_view raw);

}  // namespace tunewire
