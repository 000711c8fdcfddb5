// The stall region: a coarse grid along each axis through a point that stalls, then every edge
// halved until it is known.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/format.h"
#include "probe/sweep_point.h"
#include "probe/sweep_words.h"
#include "probe/variations.h"
#include "tunewire/latency/interval.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t kByte = 1;
constexpr std::int64_t kMillisecond = 1000;
constexpr int kMostTries = 3;  ///< of a point whose exchanges disagree
constexpr nanoseconds kReserve = std::chrono::seconds{1};
constexpr nanoseconds kConnecting = std::chrono::milliseconds{5};
constexpr microseconds kMostPerRun = std::chrono::seconds{5};
constexpr std::size_t kRunsPerMss = 70;  ///< about; for the progress line

constexpr std::int64_t kSizes[] = {1, 16, 256, 1024, 4096, 16384, 65536, 131072};
constexpr std::int64_t kGaps[] = {0, 10'000, 20'000, 30'000, 40'000, 50'000, 60'000};
constexpr std::int64_t kThinks[] = {0, 20'000, 40'000, 60'000, 100'000, 250'000};

std::vector<std::int64_t> GridOf(Axis axis) {
  if (axis == Axis::kGap) return {std::begin(kGaps), std::end(kGaps)};
  if (axis == Axis::kThink) return {std::begin(kThinks), std::end(kThinks)};
  return {std::begin(kSizes), std::end(kSizes)};
}

std::int64_t UnitOf(Axis axis) {
  return axis == Axis::kGap || axis == Axis::kThink ? kMillisecond : kByte;
}

class Sweep {
 public:
  Sweep(Ends& ends, const SweepRequest& request, const ProbeWatch& watch)
      : ends_(ends), request_(request), watch_(watch) {}

  Result<SweepResult> Run();

 private:
  void SweepMss(SweepPlace start);
  void SweepAxis(Axis axis, const SweepPlace& base);
  std::optional<SweepPlace> FindStalling(const SweepPlace& start);
  void Halve(Axis axis, const SweepPlace& base, std::int64_t stalls, std::int64_t clean,
             std::optional<std::int64_t>& last_stall, std::optional<std::int64_t>& first_clean);
  [[nodiscard]] std::vector<std::int64_t> GridFor(Axis axis) const;

  /// None: stopped, failed, or the time is over.
  std::optional<bool> Stalls(const SweepPlace& place, Axis axis);
  std::optional<bool> Measure(const SweepPlace& place, Axis axis);
  bool Calibrate(const SweepPlace& place);
  std::optional<RunEvidence> RunOnce(const SweepPlace& place, const Traffic& traffic, Axis axis);
  RunWatch WatchFor(const std::string& label);
  void Learn(const RunEvidence& run);
  std::uint64_t CountHeld(const RunEvidence& run, const SweepPlace& place) const;

  Ends& ends_;
  const SweepRequest& request_;
  const ProbeWatch& watch_;
  std::map<SweepPlace, bool> known_;
  std::vector<SweptMss> swept_;
  SweepResult result_;
  std::optional<Error> error_;
  bool over_ = false;
  nanoseconds used_{}, undisturbed_{};
  std::size_t runs_ = 0, runs_expected_ = 0;
  int period_ = 1;
};

RunWatch Sweep::WatchFor(const std::string& label) {
  return [this, label](std::uint64_t, nanoseconds elapsed) {
    if (!watch_) return false;
    ProbeProgress progress;
    progress.run = runs_;
    progress.runs = std::max(runs_, runs_expected_);
    progress.label = label;
    progress.elapsed = used_ + elapsed;
    const nanoseconds each = used_ / static_cast<std::int64_t>(std::max<std::size_t>(1, runs_));
    progress.expected =
        progress.elapsed + each * static_cast<std::int64_t>(progress.runs - progress.run);
    return watch_(progress);
  };
}

void Sweep::Learn(const RunEvidence& run) {
  used_ += nanoseconds{run.elapsed_ns} + kConnecting +
           6 * nanoseconds{run.client.tcp.min_rtt_ns.value_or(0)};
  for (const EndFacts* facts : {&run.client.facts, run.server ? &run.server->facts : nullptr}) {
    if (facts != nullptr) period_ = std::max(period_, facts->pingpong_thresh.value_or(1));
  }
  swept_.back().measured = std::max(swept_.back().measured, run.client.tcp.send_mss.value_or(0));
}

std::optional<RunEvidence> Sweep::RunOnce(const SweepPlace& place, const Traffic& traffic,
                                          Axis axis) {
  if (used_ + kReserve > request_.most) {
    over_ = true;
    return std::nullopt;
  }
  ++runs_;
  RunSpec spec;
  spec.traffic = traffic;
  spec.count = ExchangesFor(period_);
  spec.duration = kMostPerRun;
  spec.think = microseconds{place.think};
  spec.keep = spec.count;
  Result<RunEvidence> run = ends_.Run(spec, WatchFor(LabelOf(place, axis)));
  if (!run) {
    error_ = run.error();
    over_ = true;
    return std::nullopt;
  }
  Learn(*run);
  over_ = run->interrupted;
  if (over_) return std::nullopt;
  return std::move(*run);
}

std::uint64_t Sweep::CountHeld(const RunEvidence& run, const SweepPlace& place) const {
  const auto held = [this, &place](const Exchange& exchange) {
    return IsHeld(nanoseconds{exchange.end_ns - exchange.begin_ns}, microseconds{place.gap},
                  undisturbed_);
  };
  return static_cast<std::uint64_t>(std::ranges::count_if(run.exchanges, held));
}

/// What an exchange of the same bytes takes in one write.
bool Sweep::Calibrate(const SweepPlace& place) {
  Traffic traffic = TrafficAt(request_.traffic, place.With(Axis::kGap, 0));
  for (Script* script : {&traffic.client, &traffic.server}) {
    if (std::optional<Script> joined = JoinWrites(*script)) *script = std::move(*joined);
  }
  const std::optional<RunEvidence> run = RunOnce(place, traffic, Axis::kSecondWrite);
  if (!run) return false;
  undisturbed_ = nanoseconds{run->latency.At(0.5)};
  return true;
}

std::optional<bool> Sweep::Measure(const SweepPlace& place, Axis axis) {
  SweepPoint point{place.mss,
                   static_cast<std::uint32_t>(place.first_write),
                   static_cast<std::uint32_t>(place.second_write),
                   microseconds{place.gap},
                   microseconds{place.think},
                   0,
                   0};
  const Traffic traffic = TrafficAt(request_.traffic, place);
  PointDecision decision = PointDecision::kUnclear;
  int tries = 0;
  for (; tries < kMostTries && decision == PointDecision::kUnclear; ++tries) {
    const std::optional<RunEvidence> run = RunOnce(place, traffic, axis);
    if (!run) return std::nullopt;
    // Each try is a connection of its own, whose first exchange cannot stall.
    point.exchanges += run->exchanges.size();
    point.stalled += CountHeld(*run, place);
    decision = Decide(point.exchanges - static_cast<std::uint64_t>(tries), point.stalled, period_);
  }
  result_.points.push_back(point);
  if (decision != PointDecision::kUnclear) return decision == PointDecision::kStalls;
  return 2 * point.stalled * static_cast<std::uint64_t>(period_) >
         point.exchanges - static_cast<std::uint64_t>(tries);
}

std::optional<bool> Sweep::Stalls(const SweepPlace& place, Axis axis) {
  if (over_) return std::nullopt;
  if (const auto found = known_.find(place); found != known_.end()) return found->second;
  const std::optional<bool> stalls = Measure(place, axis);
  if (stalls) known_.emplace(place, *stalls);
  return stalls;
}

/// The start where it stalls; else the smallest change of a write that does, without pauses.
std::optional<SweepPlace> Sweep::FindStalling(const SweepPlace& start) {
  if (Stalls(start, Axis::kSecondWrite).value_or(false)) return start;
  const SweepPlace plain = start.With(Axis::kGap, 0).With(Axis::kThink, 0);
  for (const Axis axis : {Axis::kSecondWrite, Axis::kFirstWrite}) {
    for (const std::int64_t size : GridOf(axis)) {
      const SweepPlace place = plain.With(axis, size);
      if (Stalls(place, axis).value_or(false)) return place;
    }
  }
  const SweepPlace small = plain.With(Axis::kFirstWrite, 1).With(Axis::kSecondWrite, 1);
  if (Stalls(small, Axis::kSecondWrite).value_or(false)) return small;
  return std::nullopt;
}

/// Both sides of a full segment belong to a grid of sizes: there the edge is most likely, and
/// beyond it more sizes may stall, where their last segment finds an odd number before it.
std::vector<std::int64_t> Sweep::GridFor(Axis axis) const {
  std::vector<std::int64_t> grid = GridOf(axis);
  const auto full = static_cast<std::int64_t>(swept_.back().measured);
  if (UnitOf(axis) != kByte || full < 2) return grid;
  grid.insert(grid.end(), {full - 1, full});
  std::ranges::sort(grid);
  return grid;
}

std::int64_t Middle(Axis axis, std::int64_t stalls, std::int64_t clean) {
  const std::int64_t low = std::min(stalls, clean);
  const std::int64_t unit = UnitOf(axis);
  return low + std::max(unit, (std::max(stalls, clean) - low) / 2 / unit * unit);
}

void Sweep::Halve(Axis axis, const SweepPlace& base, std::int64_t stalls, std::int64_t clean,
                  std::optional<std::int64_t>& last_stall,
                  std::optional<std::int64_t>& first_clean) {
  while (std::abs(clean - stalls) > UnitOf(axis)) {
    const std::int64_t middle = Middle(axis, stalls, clean);
    if (middle == stalls || middle == clean) break;
    const std::optional<bool> there = Stalls(base.With(axis, middle), axis);
    if (!there) break;
    (*there ? stalls : clean) = middle;
  }
  last_stall = stalls;
  first_clean = clean;
}

void Sweep::SweepAxis(Axis axis, const SweepPlace& base) {
  const std::int64_t own = base.At(axis);
  SweepEdge edge{std::string(NameOf(axis)), base.mss, own, own, std::nullopt};
  std::optional<std::int64_t> clean_below;
  const std::vector<std::int64_t> grid = GridFor(axis);
  for (const std::int64_t value : grid) {
    if (value <= own || edge.clean_from) continue;
    const std::optional<bool> there = Stalls(base.With(axis, value), axis);
    if (there) (*there ? edge.stalls_up_to : edge.clean_from) = value;
  }
  for (auto value = grid.rbegin(); value != grid.rend(); ++value) {
    if (*value >= own || clean_below) continue;
    const std::optional<bool> there = Stalls(base.With(axis, *value), axis);
    if (there) (*there ? edge.stalls_from : clean_below) = *value;
  }
  if (clean_below) {
    Halve(axis, base, *edge.stalls_from, *clean_below, edge.stalls_from, clean_below);
  }
  if (edge.clean_from) {
    Halve(axis, base, *edge.stalls_up_to, *edge.clean_from, edge.stalls_up_to, edge.clean_from);
  }
  result_.edges.push_back(std::move(edge));
}

void Sweep::SweepMss(SweepPlace start) {
  swept_.push_back({start.mss, 0, false});
  if (!Calibrate(start)) {
    swept_.pop_back();
    return;
  }
  const std::optional<SweepPlace> base = FindStalling(start);
  // Cut short before anything stalled: nothing can be said of this MSS.
  if (!base && over_) swept_.pop_back();
  if (!base) return;
  swept_.back().stalls = true;
  for (const Axis axis : {Axis::kSecondWrite, Axis::kFirstWrite, Axis::kGap, Axis::kThink}) {
    if (!over_) SweepAxis(axis, *base);
  }
}

Result<SweepResult> Sweep::Run() {
  const Result<SweepPlace> start = PlaceOf(request_.traffic);
  if (!start) return Fail(start.error());
  std::vector<std::uint32_t> sizes = request_.mss;
  if (sizes.empty()) sizes.push_back(request_.traffic.mss);
  runs_expected_ = kRunsPerMss * sizes.size();
  for (const std::uint32_t mss : sizes) {
    SweepPlace place = *start;
    place.mss = mss;
    if (!over_) SweepMss(place);
  }
  if (error_ && result_.points.empty()) return Fail(*error_);
  result_.peer = ends_.Describe();
  result_.partial = over_;
  result_.sentences = SweepSentences(swept_, result_.edges);
  if (error_) result_.sentences.push_back(Format("ended early: {}", error_->message));
  return std::move(result_);
}

}  // namespace

Result<SweepResult> RunSweep(Ends& ends, const SweepRequest& request, const ProbeWatch& watch) {
  return Sweep(ends, request, watch).Run();
}

}  // namespace tunewire
