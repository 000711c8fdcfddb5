// --watch: the report again and again, drawn over the one before.
#pragma once

#include <functional>
#include <optional>

#include "cli/session.h"
#include "report/sockets_report.h"

namespace tunewire {

/// Standard output must be a terminal that can be drawn on.
std::optional<Error> UnfitForWatching(Session& session);

/// Until a stop is wanted; then the last whole report stays, and gives the exit status. A failed
/// look ends it.
Answer Watched(Session& session, const std::function<Result<SocketsView>()>& look);

}  // namespace tunewire
