#include "tunewire/latency/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "latency/bootstrap.h"
#include "latency/rank.h"

namespace tunewire {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % of the normal distribution

double Share(std::uint64_t hits, std::uint64_t trials) {
  return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
}

double Squared(double value) { return value * value; }

/// The samples at `places` of the sorted order; sorts only the stretch that they span.
std::vector<double> Picked(std::vector<std::int64_t>& samples,
                           const std::vector<std::uint64_t>& places) {
  const auto [low, high] = std::ranges::minmax(places);
  const auto from = samples.begin() + static_cast<std::ptrdiff_t>(low);
  const auto to = samples.begin() + static_cast<std::ptrdiff_t>(high);
  std::nth_element(samples.begin(), from, samples.end());
  std::nth_element(from, to, samples.end());
  std::sort(from, to);
  std::vector<double> picked;
  picked.reserve(places.size());
  for (const std::uint64_t place : places) picked.push_back(static_cast<double>(samples[place]));
  return picked;
}

std::vector<double> ResampledQuantiles(std::span<const std::int64_t> samples, double quantile,
                                       std::mt19937_64& random) {
  std::vector<std::int64_t> copy(samples.begin(), samples.end());
  return Picked(copy, ResampledPlaces(copy.size(), quantile, random));
}

}  // namespace

Interval WilsonInterval(std::uint64_t hits, std::uint64_t trials) {
  if (trials == 0) return {0, 1};
  const auto n = static_cast<double>(trials);
  const double share = Share(hits, trials);
  const double centre = share + kZ * kZ / (2 * n);
  const double spread = kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  // Exactly 0 and 1 at the ends, where rounding would leave 1e-17.
  return {hits == 0 ? 0 : (centre - spread) / scale,
          hits == trials ? 1 : (centre + spread) / scale};
}

std::vector<std::uint64_t> ResampledPlaces(std::uint64_t n, double quantile,
                                           std::mt19937_64& random) {
  const std::uint64_t rank = RankOf(quantile, n);
  std::gamma_distribution<double> below(static_cast<double>(rank));
  std::gamma_distribution<double> above(static_cast<double>(n - rank + 1));
  std::vector<std::uint64_t> places(kResamples);
  for (std::uint64_t& place : places) {
    const double first = below(random);
    const double share = first / (first + above(random));
    place = std::min(static_cast<std::uint64_t>(share * static_cast<double>(n)), n - 1);
  }
  return places;
}

Interval PercentileInterval(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> changes(before.size());
  std::ranges::transform(before, after, changes.begin(),
                         [](double from, double to) { return to - from; });
  std::ranges::sort(changes);
  return {changes[RankOf(0.025, changes.size()) - 1], changes[RankOf(0.975, changes.size()) - 1]};
}

Effect QuantileEffect(std::span<const std::int64_t> before, std::span<const std::int64_t> after,
                      double quantile, std::uint64_t seed) {
  if (before.empty() || after.empty()) return {};
  std::mt19937_64 random(seed);
  Effect effect;
  effect.before = static_cast<double>(QuantileOf(before, quantile));
  effect.after = static_cast<double>(QuantileOf(after, quantile));
  effect.change = effect.after - effect.before;
  const std::vector<double> from = ResampledQuantiles(before, quantile, random);
  effect.interval = PercentileInterval(from, ResampledQuantiles(after, quantile, random));
  return effect;
}

Effect FractionEffect(std::uint64_t hits_before, std::uint64_t trials_before,
                      std::uint64_t hits_after, std::uint64_t trials_after) {
  Effect effect;
  effect.before = Share(hits_before, trials_before);
  effect.after = Share(hits_after, trials_after);
  effect.change = effect.after - effect.before;
  effect.interval = {-1, 1};
  if (trials_before == 0 || trials_after == 0) return effect;
  const Interval before = WilsonInterval(hits_before, trials_before);
  const Interval after = WilsonInterval(hits_after, trials_after);
  effect.interval.low = effect.change - std::sqrt(Squared(effect.after - after.low) +
                                                  Squared(before.high - effect.before));
  effect.interval.high = effect.change + std::sqrt(Squared(after.high - effect.after) +
                                                   Squared(effect.before - before.low));
  return effect;
}

std::int64_t QuantileOf(std::span<const std::int64_t> samples, double quantile) {
  if (samples.empty()) return 0;
  std::vector<std::int64_t> copy(samples.begin(), samples.end());
  const auto wanted = copy.begin() + static_cast<std::ptrdiff_t>(RankOf(quantile, copy.size()) - 1);
  std::nth_element(copy.begin(), wanted, copy.end());
  return *wanted;
}

namespace {

/// The largest rank r (from 1) such that fewer than r of n fair coins show heads with less than
/// half a percent; 0 where even no head at all is likelier.
std::size_t LowRank(std::size_t n) {
  constexpr double kTail = 0.005;
  double chance = std::pow(0.5, static_cast<double>(n));
  double below = 0;
  for (std::size_t heads = 0; heads <= n; ++heads) {
    below += chance;
    if (below > kTail) return heads;
    chance *= static_cast<double>(n - heads) / static_cast<double>(heads + 1);
  }
  return 0;
}

}  // namespace

MedianEstimate EstimateMedian(std::span<const double> samples) {
  if (samples.empty()) return {};
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  MedianEstimate estimate;
  estimate.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  const std::size_t rank = LowRank(n);
  constexpr double kNoBound = std::numeric_limits<double>::infinity();
  estimate.interval =
      rank == 0 ? Interval{-kNoBound, kNoBound} : Interval{sorted[rank - 1], sorted[n - rank]};
  return estimate;
}

}  // namespace tunewire
