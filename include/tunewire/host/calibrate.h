// What this host's processor can do with TCP, measured for a moment.
#pragma once

#include <chrono>

#include "tunewire/base/result.h"

namespace tunewire {

/// What one CPU of this host does in a second, from a calibration over loopback: figures are per
/// second of CPU time that both ends used together, softirq included. With both ends on different
/// hosts each needs about half.
struct Calibration {
  double connections_per_s = 0;  ///< connect, one exchange, close; both ends
  double exchanges_per_s = 0;    ///< request and answer on a kept connection; both ends
  double bytes_per_s = 0;
  double seconds = 0;  ///< how long it took
  /// Share of the CPU time that the kernel charges to no thread but counts as softirq
  /// (CONFIG_IRQ_TIME_ACCOUNTING); it is in the figures. 0 where all of it is charged.
  double uncharged_share = 0;

  bool operator==(const Calibration&) const = default;
};

/// Over 127.0.0.1 in the calling thread's network namespace, with messages of 64 bytes and at most
/// 2000 connections, reset so that no port is left in TIME_WAIT. Takes `budget`, and where the host
/// does not answer up to 3 s more. Errors: kUnsupported "no_loopback" where nothing gets through.
Result<Calibration> Calibrate(std::chrono::milliseconds budget);

}  // namespace tunewire
