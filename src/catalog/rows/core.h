// net.core: what all protocols share.
#pragma once

#include "catalog/rows/fields.h"

namespace tunewire::rows {

inline constexpr Tunable kCore[] = {
    {.key = "net.core.somaxconn",
     .fields = kInt<0, 65535, kRefused, kAccepted>,
     .unit = kConnections,
     .takes_effect = kNextListen,
     .summary = "Ceiling on the backlog of every listen(2): how many finished handshakes may wait "
                "for accept(2)",
     .source = "net/socket.c __sys_listen; ip-sysctl.rst"},
};

}  // namespace tunewire::rows
