// Keys looked up for people: the value now beside what the catalog knows.
#pragma once

#include <string>

#include "report/show_report.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {

/// The key with its value, or with the reason why it has none.
ShownSetting LookUp(const SysctlTree& tree, const SysctlKey& key);

/// For a key that is known to be there: no reason is looked for where it cannot be read.
ShownSetting ReadSetting(const SysctlTree& tree, const SysctlKey& key);

/// Why a key is not there, and what to do.
void AddAbsence(const SysctlTree& tree, const SysctlKey& key, ShownSetting& setting);

/// Nothing is known of such a name, with the nearest names.
Error NoSuchKey(std::string_view name);

}  // namespace tunewire
