#include "tunewire/latency/histogram.h"

#include <algorithm>

#include "latency/rank.h"

namespace tunewire {
namespace {

constexpr std::size_t kSubBuckets = std::size_t{1} << Histogram::kSubBits;

/// The inverse of Histogram::IndexOf: where a bucket begins.
std::int64_t StartOf(std::size_t index) {
  if (index < kSubBuckets) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kSubBuckets - 1;
  return static_cast<std::int64_t>(index - kSubBuckets * shift) << shift;
}

}  // namespace

void Histogram::Merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  smallest_ = std::min(smallest_, other.smallest_);
  largest_ = std::max(largest_, other.largest_);
}

double Histogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::int64_t Histogram::At(double quantile) const {
  if (count_ == 0) return 0;
  const std::uint64_t rank = RankOf(quantile, count_);
  std::uint64_t passed = 0;
  for (std::size_t i = IndexOf(smallest_); i < kBuckets; ++i) {
    passed += buckets_[i];
    if (passed >= rank) return std::clamp(StartOf(i + 1) - 1, smallest_, largest_);
  }
  return largest_;
}

std::uint64_t Histogram::CountUpTo(std::int64_t ns) const {
  if (count_ == 0 || ns < smallest_) return 0;
  if (ns >= largest_) return count_;
  std::uint64_t passed = 0;
  for (std::size_t i = IndexOf(smallest_); StartOf(i + 1) - 1 <= ns; ++i) passed += buckets_[i];
  return passed;
}

std::vector<Histogram::Bucket> Histogram::Buckets() const {
  std::vector<Bucket> held;
  if (count_ == 0) return held;
  for (std::size_t i = IndexOf(smallest_); i <= IndexOf(largest_); ++i) {
    if (buckets_[i] != 0) held.push_back({StartOf(i), StartOf(i + 1), buckets_[i]});
  }
  return held;
}

}  // namespace tunewire
