// Words and figures that the reports of tunewire http share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/http_report.h"
#include "tunewire/latency/compare.h"

namespace tunewire {

/// "keep-alive", "our ACKs at once", "rest of 20.0 ms between".
std::string RunLabel(const HttpRun& run);

double RequestsPerSecond(const LoadResult& load);

/// With --rate the latency from the intended time is the one that counts.
const Histogram& ShownLatency(const HttpRun& run, const HttpRequest& request);

/// "STALLS", "SLOW", "UNKNOWN", "FINE".
std::string_view HttpWord(const HttpResult& result);
Tone HttpTone(const HttpResult& result);
/// "partial, the server's Nagle, confirmed"; empty where there is nothing to say.
std::string HttpNumbers(const HttpResult& result);

/// At p10, p50, p90, p99 and p99.9.
std::vector<QuantileChange> ComparedQuantiles(const HttpSaved& before, const HttpSaved& after);
/// "+12.0 us".
std::string SignedTime(double ns);
/// "SAME", "FASTER", "SLOWER", by the median.
std::string_view CompareWord(const std::vector<QuantileChange>& changes);
/// "median 31.0 us -> 44.0 ms (+141935.5 %)".
std::string CompareFinding(const std::vector<QuantileChange>& changes);
/// That the hosts differ; empty where nothing speaks against comparing. What is hashed may change
/// with tunewire's version.
std::string CompareWarning(const HttpSaved& before, const HttpSaved& after);

}  // namespace tunewire
