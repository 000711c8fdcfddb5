// What the program's exit status says; documented in tunewire(8).
#pragma once

#include "tunewire/base/error.h"

namespace tunewire {

enum class ExitStatus {
  kDone = 0,          ///< done, or nothing to report
  kFinding = 1,       ///< drift, or changes to make where asked; host untouched
  kUsage = 2,         ///< the call, a profile or an input file is wrong; host untouched
  kRestored = 3,      ///< failed, everything is as before
  kNotRestored = 4,   ///< failed or a foreign change kept: not fully restored
  kBusy = 5,          ///< another transaction; host untouched
  kNotPermitted = 6,  ///< not permitted, or not supported here; host untouched
  kInterrupted = 130  ///< interrupted, everything is as before
};

/// For an error that left the host alone.
inline ExitStatus StatusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
      return ExitStatus::kUsage;
    case ErrorKind::kNotPermitted:
    case ErrorKind::kUnsupported:
      return ExitStatus::kNotPermitted;
    case ErrorKind::kBusy:
      return ExitStatus::kBusy;
    case ErrorKind::kConflict:
    case ErrorKind::kIo:
      return ExitStatus::kRestored;
    case ErrorKind::kInterrupted:
      return ExitStatus::kInterrupted;
  }
  return ExitStatus::kRestored;
}

}  // namespace tunewire
