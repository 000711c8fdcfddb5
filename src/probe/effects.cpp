#include "probe/effects.h"

#include <algorithm>
#include <optional>

#include "base/format.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kSeed = 4;  ///< any: the same runs make the same report
constexpr std::size_t kMostSamples = 2000;

std::vector<RunBlock> AllBlocks(const RunReport& run) {
  if (!run.blocks.empty()) return run.blocks;
  return {{run.block, run.evidence.spec.stamping, run.stalls.n, run.stalls.count}};
}

bool HasKind(std::span<const RunBlock> blocks, Stamping stamping) {
  return std::ranges::any_of(
      blocks, [stamping](const RunBlock& block) { return block.stamping == stamping; });
}

/// Stamps slow a run down: like is compared with like, without stamps where both have such blocks.
struct Pair {
  std::vector<RunBlock> asked, varied;
};

Pair LikeBlocks(const RunReport& asked, const RunReport& varied) {
  Pair pair{AllBlocks(asked), AllBlocks(varied)};
  for (const Stamping kind : {Stamping::kOff, Stamping::kOn}) {
    if (!HasKind(pair.asked, kind) || !HasKind(pair.varied, kind)) continue;
    const auto other = [kind](const RunBlock& block) { return block.stamping != kind; };
    std::erase_if(pair.asked, other);
    std::erase_if(pair.varied, other);
    break;
  }
  return pair;
}

RunBlock Sum(std::span<const RunBlock> blocks) {
  RunBlock sum;
  for (const RunBlock& block : blocks) {
    sum.n += block.n;
    sum.stalled += block.stalled;
  }
  return sum;
}

double Fraction(const RunBlock& block) {
  return block.n == 0 ? 0 : static_cast<double>(block.stalled) / static_cast<double>(block.n);
}

/// The block of A just before a place, and the one just after it.
struct Neighbours {
  const RunBlock* before = nullptr;
  const RunBlock* after = nullptr;
};

Neighbours NeighboursOf(std::uint32_t place, std::span<const RunBlock> asked) {
  Neighbours found;
  for (const RunBlock& block : asked) {
    if (block.place < place) found.before = &block;
    if (block.place > place && found.after == nullptr) found.after = &block;
  }
  return found;
}

bool Interleaved(const Pair& pair) {
  return std::ranges::any_of(pair.varied, [&pair](const RunBlock& block) {
    const Neighbours near = NeighboursOf(block.place, pair.asked);
    return near.before != nullptr && near.after != nullptr;
  });
}

bool StallsLess(const RunBlock& block, const RunBlock* neighbour) {
  return neighbour == nullptr || neighbour->n == 0 || Fraction(block) < Fraction(*neighbour);
}

bool Consistent(const Pair& pair) {
  return std::ranges::all_of(pair.varied, [&pair](const RunBlock& block) {
    const Neighbours near = NeighboursOf(block.place, pair.asked);
    return block.n == 0 || (StallsLess(block, near.before) && StallsLess(block, near.after));
  });
}

std::vector<std::int64_t> Latencies(const RunReport& run) {
  const std::vector<Exchange>& all = run.evidence.exchanges;
  const std::size_t stride = std::max<std::size_t>(1, all.size() / kMostSamples);
  std::vector<std::int64_t> samples;
  for (std::size_t i = 0; i < all.size(); i += stride) {
    samples.push_back(all[i].end_ns - all[i].begin_ns);
  }
  return samples;
}

}  // namespace

bool StallsMatter(const StallSummary& stalls) {
  if (stalls.count < 2) return false;  // a single pause of a busy host
  return stalls.fraction >= 0.005 || stalls.period.has_value();
}

bool AbTest::Removes() const { return stalls.change < 0 && stalls.interval.high < 0; }

bool AbTest::Shortens() const {
  if (median.interval.high < 0 && median.after < 0.7 * median.before) return true;
  return stalled_after_ns > 0 && stalled_after_ns * 10 < stalled_before_ns * 7;
}

AbTest Compare(const RunReport& asked, const RunReport& varied) {
  const Pair pair = LikeBlocks(asked, varied);
  const RunBlock before = Sum(pair.asked);
  const RunBlock after = Sum(pair.varied);
  AbTest test;
  test.varied = &varied;
  test.stalls = FractionEffect(before.stalled, before.n, after.stalled, after.n);
  test.median = QuantileEffect(Latencies(asked), Latencies(varied), 0.5, kSeed);
  test.stalled_before_ns = asked.stalls.median_ns;
  test.stalled_after_ns = varied.stalls.median_ns;
  test.interleaved = Interleaved(pair);
  test.consistent = Consistent(pair);
  return test;
}

std::string FormatNs(std::int64_t ns) {
  const auto figure = static_cast<double>(ns);
  if (ns < 10'000) return Format("{:.1f} us", figure / 1e3);
  if (ns < 1'000'000) return Format("{:.0f} us", figure / 1e3);
  if (ns < 10'000'000'000) return Format("{:.1f} ms", figure / 1e6);
  return Format("{:.1f} s", figure / 1e9);
}

std::string FormatShare(std::uint64_t some, std::uint64_t all) {
  return Format("{} of {} exchanges", some, all);
}

std::string Describe(const RunReport& asked, const AbTest& test) {
  const Pair pair = LikeBlocks(asked, *test.varied);
  const RunBlock before = Sum(pair.asked);
  const RunBlock after = Sum(pair.varied);
  return Format(
      "{}: {} stall instead of {} of {} ({:+.1f} points, 95 % interval {:+.1f} to {:+.1f})",
      test.varied->label, FormatShare(after.stalled, after.n), before.stalled, before.n,
      100 * test.stalls.change, 100 * test.stalls.interval.low, 100 * test.stalls.interval.high);
}

}  // namespace tunewire
