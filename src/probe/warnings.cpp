#include "probe/warnings.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/format.h"
#include "probe/schedule.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {
namespace {

constexpr std::int64_t kCoarseClockNs = 1000;
constexpr std::int64_t kLongPauseNs = 5'000'000;

const AbTest* TestOf(std::span<const AbTest> tests, RunRole role) {
  const auto found =
      std::ranges::find_if(tests, [role](const AbTest& test) { return test.varied->role == role; });
  return found == tests.end() ? nullptr : &*found;
}

std::string Percent(double fraction) { return Format("{:.1f} %", 100 * fraction); }

void AddQuickAck(std::vector<std::string>& warnings, std::span<const AbTest> tests) {
  const AbTest* once = TestOf(tests, RunRole::kQuickAckOnce);
  if (once == nullptr || once->stalls.after < 0.5 * once->stalls.before) return;
  if (once->stalls.after == 0) return;
  warnings.push_back(
      Format("TCP_QUICKACK set once does not last: {} of the exchanges still stall with it; it "
             "helps only when set again after every recv",
             Percent(once->stalls.after)));
}

std::string CongestionOf(const EndEvidence& end) {
  return end.tcp.congestion.value_or(end.facts.congestion);
}

void AddCongestion(std::vector<std::string>& warnings, const RunEvidence& run) {
  if (!run.server) return;
  const std::string client = CongestionOf(run.client);
  const std::string server = CongestionOf(*run.server);
  if (client.empty() || server.empty() || client == server) return;
  warnings.push_back(Format(
      "the ends differ in congestion control: {} at the client, {} at the server", client, server));
}

void AddThreshold(std::vector<std::string>& warnings, const RunReport& asked) {
  if (!asked.stalls.period || *asked.stalls.period < 3) return;
  warnings.push_back(
      Format("only every {} exchange stalls: the median of {} looks healthy",
             *asked.stalls.period == 3 ? "3rd" : Format("{}th", *asked.stalls.period),
             FormatNs(asked.evidence.latency.At(0.5))));
}

/// No other path has segments beyond a jumbo frame's.
bool IsLoopback(const RunReport& run) {
  return run.evidence.spec.traffic.mss == 0 &&
         run.evidence.client.tcp.send_mss.value_or(0) >= kLoopbackMss;
}

std::string SizeOf(const RunReport& run) {
  const std::uint32_t set = run.evidence.spec.traffic.mss;
  if (set == kEthernetSegment) return Format("Ethernet's MSS ({})", set);
  if (set != 0) return Format("MSS {}", set);
  const std::optional<std::uint32_t> own = run.evidence.client.tcp.send_mss;
  if (!own) return "the path's own MSS";
  return Format("{} MSS ({})", IsLoopback(run) ? "loopback's" : "the path's own", *own);
}

std::string ShareText(const RunReport& run) { return FormatShare(run.stalls.count, run.stalls.n); }

}  // namespace

std::vector<std::string> RunWarnings(const RunReport& asked, std::span<const AbTest> tests) {
  std::vector<std::string> warnings;
  AddQuickAck(warnings, tests);
  AddThreshold(warnings, asked);
  AddCongestion(warnings, asked.evidence);
  return warnings;
}

std::vector<std::string> MssWarnings(const RunReport& asked, const RunReport& other) {
  const bool here = StallsMatter(asked.stalls);
  if (here == StallsMatter(other.stalls)) return {};
  const std::string_view path = IsLoopback(asked) ? "loopback" : "this path's MSS";
  const std::string finding =
      here ? Format("only {} shows the stall", path) : Format("{} hides a stall", path);
  return {Format("{}: {} stall at {}, {} at {}", finding, ShareText(asked), SizeOf(asked),
                 ShareText(other), SizeOf(other))};
}

std::vector<std::string> NoiseWarnings(const Noise& noise, const RunReport& asked) {
  std::vector<std::string> warnings;
  if (noise.clock_resolution_ns > kCoarseClockNs) {
    warnings.push_back(Format("the clock is coarse: it advances by {}; shorter latencies are lost",
                              FormatNs(noise.clock_resolution_ns)));
  }
  const std::int64_t pause = std::max(noise.largest_gap_ns, noise.wakeup_max_ns);
  if (pause < kLongPauseNs) return warnings;
  const std::int64_t stall = asked.stalls.median_ns;
  const bool doubtful = stall == 0 || pause > stall / 2;
  warnings.push_back(Format("this host itself pauses a running program for up to {}: {}",
                            FormatNs(pause),
                            doubtful ? "results are doubtful, single slow exchanges above all"
                                     : "single slow exchanges may be its doing"));
  return warnings;
}

}  // namespace tunewire
