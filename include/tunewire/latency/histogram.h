// A log-linear histogram of durations: fixed memory, at most 1 % error, mergeable.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tunewire {

/// Each power of two is cut into 128 equal buckets, so a bucket is at most 1/128 of its value wide
/// (the idea of HdrHistogram). Nanoseconds from 0 to kLongest; a longer one counts as kLongest.
/// Count, sum, smallest and largest are exact.
class Histogram {
 public:
  static constexpr int kSubBits = 7;
  static constexpr std::int64_t kLongest = (std::int64_t{1} << 42) - 1;  ///< 73 minutes

  /// Negative durations count as 0. No allocation.
  void Record(std::int64_t ns) { Record(ns, 1); }
  void Record(std::int64_t ns, std::uint64_t times);
  void Merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t smallest() const { return count_ == 0 ? 0 : smallest_; }
  [[nodiscard]] std::int64_t largest() const { return largest_; }
  [[nodiscard]] double mean() const;

  /// The smallest duration that at least `quantile` (0..1) of all samples do not exceed: the top of
  /// its bucket, within [smallest, largest]. 0 where nothing was recorded.
  [[nodiscard]] std::int64_t At(double quantile) const;

  /// How many samples lie in buckets wholly at or below `ns`; all of them from `largest` on.
  [[nodiscard]] std::uint64_t CountUpTo(std::int64_t ns) const;

  struct Bucket {
    std::int64_t from_ns = 0;  ///< inclusive
    std::int64_t to_ns = 0;    ///< exclusive
    std::uint64_t count = 0;

    bool operator==(const Bucket&) const = default;
  };
  /// Those that hold something, smallest first.
  [[nodiscard]] std::vector<Bucket> Buckets() const;

  bool operator==(const Histogram&) const = default;

 private:
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = kSub * (42 - kSubBits + 1);
  static std::size_t IndexOf(std::int64_t ns);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t smallest_ = kLongest, largest_ = 0;
  double sum_ = 0;
};

inline std::size_t Histogram::IndexOf(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(ns);
  if (value < kSub) return static_cast<std::size_t>(value);
  const int shift = static_cast<int>(std::bit_width(value)) - kSubBits - 1;
  return kSub * static_cast<std::size_t>(shift) + static_cast<std::size_t>(value >> shift);
}

inline void Histogram::Record(std::int64_t ns, std::uint64_t times) {
  if (times == 0) return;
  const std::int64_t held = ns < 0 ? 0 : ns > kLongest ? kLongest : ns;
  buckets_[IndexOf(held)] += times;
  count_ += times;
  sum_ += static_cast<double>(held) * static_cast<double>(times);
  if (held < smallest_) smallest_ = held;
  if (held > largest_) largest_ = held;
}

}  // namespace tunewire
