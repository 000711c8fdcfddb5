// Latencies as text: readable times, a histogram with the kernel's timers marked, percentiles.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "report/style.h"
#include "tunewire/latency/histogram.h"
#include "tunewire/latency/stalls.h"

namespace tunewire {

/// "16.2 us", "44.0 ms", "1.40 s": three digits or more, never a bare number.
std::string ShownTime(std::int64_t ns);

/// "2000", "12.4 k", "3.10 M", "4.35 G".
std::string ShownRate(double per_second);

/// "98.0 %", "0.02 %", "0 %".
std::string ShownShare(double fraction);

/// Bars over a log time axis, empty stretches named, rows in a timer's band labelled. Empty for an
/// empty histogram.
std::string HistogramText(const Histogram& histogram, std::span<const Band> bands,
                          const Style& style);

/// "p50 38.0 ms   p90 41.0 ms   p99 43.8 ms   p99.9 44.0 ms   max 207.1 ms   n 10000", wrapped.
std::string PercentileText(const Histogram& histogram, const Style& style);

}  // namespace tunewire
