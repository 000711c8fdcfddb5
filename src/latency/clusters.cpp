#include <cstddef>

#include "tunewire/latency/stalls.h"

namespace tunewire {
namespace {

using Bucket = Histogram::Bucket;

/// Nothing for a factor of 1.25 between two neighbours.
bool Apart(const Bucket& lower, const Bucket& higher) {
  return higher.from_ns * 4 > lower.to_ns * 5;
}

std::int64_t MedianOf(std::span<const Bucket> hill, std::uint64_t count) {
  std::uint64_t passed = 0;
  for (const Bucket& bucket : hill) {
    passed += bucket.count;
    if (passed * 2 >= count) return bucket.from_ns + (bucket.to_ns - 1 - bucket.from_ns) / 2;
  }
  return hill.back().from_ns;
}

Cluster ClusterOf(std::span<const Bucket> hill, std::span<const Band> bands) {
  Cluster cluster;
  cluster.from_ns = hill.front().from_ns;
  cluster.to_ns = hill.back().to_ns;
  for (const Bucket& bucket : hill) cluster.count += bucket.count;
  cluster.median_ns = MedianOf(hill, cluster.count);
  const StallKind kind = KindOf(cluster.median_ns, bands);
  if (kind != StallKind::kOther) cluster.kind = kind;
  return cluster;
}

}  // namespace

std::vector<Cluster> FindClusters(const Histogram& histogram, const TimerFacts& facts) {
  const std::vector<Bucket> buckets = histogram.Buckets();
  const std::vector<Band> bands = StallBands(facts);
  std::vector<Cluster> clusters;
  std::size_t first = 0;
  for (std::size_t i = 1; i <= buckets.size(); ++i) {
    if (i < buckets.size() && !Apart(buckets[i - 1], buckets[i])) continue;
    clusters.push_back(ClusterOf(std::span(buckets).subspan(first, i - first), bands));
    first = i;
  }
  return clusters;
}

}  // namespace tunewire
