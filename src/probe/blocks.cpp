#include "probe/blocks.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "probe/run_facts.h"
#include "probe/scripted.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kKept = 65'536;          ///< exchanges of a block kept in order
constexpr std::uint64_t kKeptOfAll = 4'000'000;  ///< where every one is wanted
constexpr int kMostFailures = 2;                 ///< in a row: the peer is gone
constexpr nanoseconds kConnecting{5'000'000};    ///< beside the exchanges, without a path's delay
constexpr int kRoundTripsBeside = 6;             ///< handshakes and the peer's own results

nanoseconds OverheadOf(const RunEvidence& run) {
  const std::int64_t rtt = run.client.tcp.min_rtt_ns.value_or(0);
  return kConnecting + nanoseconds{kRoundTripsBeside * rtt};
}

std::string NameOf(const Cell& cell) {
  if (cell.traffic.mss == 0) return cell.merged.label;
  return Format("{}, MSS {}", cell.merged.label, cell.traffic.mss);
}

/// As ReportRun finds them, without its time lines.
StallSummary StallsOf(const RunEvidence& run) {
  std::vector<std::int64_t> latencies;
  latencies.reserve(run.exchanges.size());
  for (const Exchange& exchange : run.exchanges) {
    latencies.push_back(exchange.end_ns - exchange.begin_ns);
  }
  return FindStalls(latencies, LengthOfScripts(run.spec.traffic, run.spec.think).ns,
                    TimerFactsOf(run));
}

void Add(std::optional<RunEvidence>& into, RunEvidence evidence) {
  if (into) {
    MergeEvidence(*into, std::move(evidence));
  } else {
    into = std::move(evidence);
  }
}

}  // namespace

void BlockRunner::Expect(std::size_t runs, nanoseconds time) {
  runs_still_ = runs;
  still_ = time;
}

RunSpec BlockRunner::SpecOf(const Cell& cell, Stamping stamping, const BlockSize& size) const {
  RunSpec spec;
  spec.traffic = cell.traffic;
  spec.count = size.count;
  spec.duration = std::chrono::ceil<microseconds>(size.duration);
  spec.interval = request_.interval;
  spec.think = request_.think;
  spec.stamping = stamping;
  const std::uint64_t most = request_.keep_all ? kKeptOfAll : kKept;
  spec.keep = size.count == 0 ? most : std::min(most, size.count);
  return spec;
}

ProbeProgress BlockRunner::ProgressOf(const Cell& cell, nanoseconds elapsed,
                                      nanoseconds block) const {
  ProbeProgress progress;
  progress.run = runs_;
  progress.runs = runs_ + runs_still_;
  progress.label = NameOf(cell);
  progress.elapsed = used_ + elapsed;
  progress.expected = used_ + std::max(block, elapsed) + still_;
  return progress;
}

RunWatch BlockRunner::WatchFor(const Cell& cell, const BlockSize& size) {
  return [this, &cell, size](std::uint64_t done, nanoseconds elapsed) {
    if (!watch_) return false;
    nanoseconds block = size.duration;
    if (size.count != 0 && done != 0) {
      const double whole = static_cast<double>(elapsed.count()) * static_cast<double>(size.count) /
                           static_cast<double>(done);
      const nanoseconds by_count{static_cast<std::int64_t>(whole)};
      block = block.count() == 0 ? by_count : std::min(block, by_count);
    }
    return watch_(ProgressOf(cell, elapsed, block));
  };
}

void BlockRunner::Keep(Cell& cell, RunEvidence evidence, Figures figures) {
  if (evidence.latency.count() != 0) {
    cell.cycle =
        nanoseconds{evidence.elapsed_ns / static_cast<std::int64_t>(evidence.latency.count())};
  }
  const StallSummary stalls = StallsOf(evidence);
  const RunBlock block{kept_++, evidence.spec.stamping, stalls.n, stalls.count};
  cell.merged.blocks.push_back(block);
  if (block.stamping == Stamping::kOn) {
    Add(cell.merged.stamped, std::move(evidence));
  } else if (figures == Figures::kCounted) {
    Add(cell.merged.plain, std::move(evidence));
  }
}

bool BlockRunner::Fail(Cell& cell, const Error& error) {
  if (kept_ == 0) {
    error_ = error;
    return false;
  }
  if (error.kind == ErrorKind::kInterrupted) {
    partial_ = true;
    return false;
  }
  cell.left_out = true;
  if (error.code == "not_supported") {
    warnings_.push_back(Format("{} was left out: {}", NameOf(cell), error.message));
    return true;
  }
  warnings_.push_back(Format("{} failed: {}", NameOf(cell), error.message));
  partial_ = ++failures_ >= kMostFailures;
  return !partial_;
}

bool BlockRunner::Run(Cell& cell, Stamping stamping, const BlockSize& size, Figures figures) {
  ++runs_;
  runs_still_ -= std::min<std::size_t>(runs_still_, 1);
  still_ -= std::min(still_, size.duration);
  if (cell.left_out) return true;
  Result<RunEvidence> run = ends_.Run(SpecOf(cell, stamping, size), WatchFor(cell, size));
  if (!run) return Fail(cell, run.error());
  failures_ = 0;
  used_ += nanoseconds{run->elapsed_ns} + OverheadOf(*run);
  partial_ = run->interrupted;
  Keep(cell, std::move(*run), figures);
  return !partial_;
}

}  // namespace tunewire
