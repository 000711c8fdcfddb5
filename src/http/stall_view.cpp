#include "http/stall_view.h"

#include <algorithm>
#include <map>

#include "base/format.h"

namespace tunewire {
namespace {

bool Whole(const HttpSample& sample) { return sample.error == HttpError::kNone; }

void Drain(Histogram& to, const Histogram& from) { to.Merge(from); }

std::vector<std::int64_t> LatenciesOfConnection(const LoadResult& load, std::uint32_t connection) {
  std::vector<std::int64_t> latencies;
  for (const HttpSample& sample : load.samples) {
    if (Whole(sample) && sample.connection == connection)
      latencies.push_back(sample.end_ns - sample.begin_ns);
  }
  return latencies;
}

/// The connection with most stalls; none where nothing stalled.
std::optional<std::uint32_t> WorstConnection(const LoadResult& load, const StallSummary& all,
                                             const TimerFacts& timers) {
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const HttpSample& sample : load.samples) {
    if (Whole(sample) && IsStall(sample.end_ns - sample.begin_ns, 0, all.fast_median_ns, timers))
      ++counts[sample.connection];
  }
  const auto worst =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return worst == counts.end() ? std::nullopt : std::optional(worst->first);
}

/// The pieces of one request, in order, as the time between them.
Silence LongestSilence(const std::vector<const HttpPiece*>& pieces, const HttpSample& sample) {
  Silence longest{pieces.front()->request, 0, 0, 0, false};
  std::uint64_t before = 0, all = 0;
  for (const HttpPiece* piece : pieces) all += piece->bytes;
  std::int64_t last = sample.connected_ns;
  bool in_head = false;
  for (const HttpPiece* piece : pieces) {
    const std::int64_t at = piece->arrived_ns.value_or(piece->at_ns);
    if (at - last > longest.length_ns)
      longest = {piece->request, at - last, before, all - before, in_head};
    before += piece->bytes;
    in_head = piece->head;
    last = at;
  }
  return longest;
}

}  // namespace

TimerFacts TimersOf(const LoadResult& load, int hz) {
  TimerFacts timers;
  if (hz > 0) timers.hz = hz;
  timers.min_rtt_ns = load.min_rtt_ns.value_or(0);
  return timers;
}

std::vector<std::int64_t> LatenciesOf(const LoadResult& load) {
  std::vector<std::int64_t> latencies;
  latencies.reserve(load.samples.size());
  for (const HttpSample& sample : load.samples) {
    if (Whole(sample)) latencies.push_back(sample.end_ns - sample.begin_ns);
  }
  return latencies;
}

StallSummary StallsOf(const LoadResult& load, int hz) {
  const TimerFacts timers = TimersOf(load, hz);
  StallSummary all = FindStalls(LatenciesOf(load), 0, timers);
  if (load.connections.size() < 2 || all.count == 0) return all;
  all.first.reset();
  all.period.reset();
  if (const std::optional<std::uint32_t> worst = WorstConnection(load, all, timers)) {
    const StallSummary one = FindStalls(LatenciesOfConnection(load, *worst), 0, timers);
    all.first = one.first;
    all.period = one.period;
  }
  return all;
}

void MergeLoad(LoadResult& to, LoadResult from) {
  const auto shift = static_cast<std::uint32_t>(to.samples.size());
  const std::int64_t later = to.elapsed_ns;
  to.requests += from.requests;
  to.ok += from.ok;
  for (std::size_t i = 0; i < to.errors.size(); ++i) to.errors[i] += from.errors[i];
  for (std::size_t i = 0; i < to.statuses.size(); ++i) to.statuses[i] += from.statuses[i];
  to.bytes_received += from.bytes_received;
  to.bytes_sent += from.bytes_sent;
  to.connects += from.connects;
  to.reconnects += from.reconnects;
  to.elapsed_ns += from.elapsed_ns;
  Drain(to.latency, from.latency);
  Drain(to.corrected, from.corrected);
  Drain(to.connect, from.connect);
  Drain(to.first_byte, from.first_byte);
  Drain(to.transfer, from.transfer);
  for (HttpSample& sample : from.samples) {
    for (std::int64_t* time : {&sample.intended_ns, &sample.begin_ns, &sample.connected_ns,
                               &sample.first_byte_ns, &sample.end_ns})
      *time += later;
    to.samples.push_back(sample);
  }
  for (HttpPiece& piece : from.pieces) {
    piece.request += shift;
    piece.at_ns += later;
    if (piece.arrived_ns) *piece.arrived_ns += later;
    to.pieces.push_back(piece);
  }
  to.client_cpu_ns += from.client_cpu_ns;
  to.client_peak_rss_bytes = std::max(to.client_peak_rss_bytes, from.client_peak_rss_bytes);
  if (from.send_mss) to.send_mss = from.send_mss;
  if (from.min_rtt_ns)
    to.min_rtt_ns = std::min(*from.min_rtt_ns, to.min_rtt_ns.value_or(*from.min_rtt_ns));
  to.interrupted = to.interrupted || from.interrupted;
}

std::vector<Silence> SilencesOf(const LoadResult& load) {
  std::map<std::uint32_t, std::vector<const HttpPiece*>> by_request;
  for (const HttpPiece& piece : load.pieces) by_request[piece.request].push_back(&piece);
  std::vector<Silence> silences;
  for (const auto& [request, pieces] : by_request) {
    if (request >= load.samples.size() || !Whole(load.samples[request])) continue;
    silences.push_back(LongestSilence(pieces, load.samples[request]));
  }
  return silences;
}

std::optional<Silence> TypicalSilence(const LoadResult& load, std::int64_t least_ns) {
  std::vector<Silence> long_ones = SilencesOf(load);
  std::erase_if(long_ones, [&](const Silence& one) { return one.length_ns < least_ns; });
  if (long_ones.empty()) return std::nullopt;
  const auto middle = long_ones.begin() + static_cast<std::ptrdiff_t>(long_ones.size() / 2);
  std::nth_element(long_ones.begin(), middle, long_ones.end(),
                   [](const Silence& a, const Silence& b) { return a.length_ns < b.length_ns; });
  return *middle;
}

std::string ShortTime(std::int64_t ns) {
  const double us = static_cast<double>(ns) / 1e3;
  if (us < 1000) return Format("{:.0f} us", us);
  if (us < 10'000) return Format("{:.2f} ms", us / 1e3);
  if (us < 1e6) return Format("{:.1f} ms", us / 1e3);
  return Format("{:.2f} s", us / 1e6);
}

std::string DescribeSilence(const Silence& silence) {
  const std::string pause = ShortTime(silence.length_ns) + " of nothing";
  if (silence.bytes_before == 0) return Format("{}, then {} B", pause, silence.bytes_after);
  return Format("{}{} B, {}, {} B", silence.after_head ? "head " : "", silence.bytes_before, pause,
                silence.bytes_after);
}

}  // namespace tunewire
