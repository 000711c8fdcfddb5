// What probe and its sweep share: the two ends that were asked for, and the watch over their runs.
#pragma once

#include <memory>
#include <string>

#include "cli/probe_arguments.h"
#include "cli/session.h"

namespace tunewire {

/// Enters the namespace of a lone --netns first. Errors: of entering and of the ends.
Result<std::unique_ptr<Ends>> OpenEnds(Session& session, const ProbePlace& place);

/// From now on the first Ctrl-C ends the measurement, and what there is gets printed.
void StopOnSignal(Session& session);

/// The hash of the client's host, once the traffic is over: where the client had a namespace of its
/// own, this process moves there. Nothing where there is none.
std::string ClientHash(Session& session, const ProbePlace& place);

/// "run 3 of 9, TCP_NODELAY: 4 s, about 3 s left"
std::string ProgressLine(const ProbeProgress& progress);

}  // namespace tunewire
