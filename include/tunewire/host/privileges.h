// Giving up what a program that talks to strangers does not need.
#pragma once

#include "tunewire/base/result.h"

namespace tunewire {

/// For good: root becomes "nobody" (65534) in every thread, without groups or capabilities, and no
/// execve(2) gives anything back. Where the user namespace knows no such user, the calling thread
/// and those it starts later keep the number 0 without any capability, which is the user who made
/// the namespace. Not root: only capabilities and the way back are given up. Errors: the system's,
/// with the step that failed; then nothing may be served.
Status DropRoot();

}  // namespace tunewire
