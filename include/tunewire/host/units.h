// The service manager's view of unit files.
#pragma once

#include "tunewire/base/result.h"

namespace tunewire {

/// systemctl daemon-reload, at most 30 s. Done where systemd does not run: then nobody has read the
/// files yet. Errors: kIo "reload_failed".
Status ReloadUnitFiles();

}  // namespace tunewire
