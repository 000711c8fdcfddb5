#include "http/load_tally.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace tunewire {
namespace {

constexpr std::size_t kBlock = 4096;

}  // namespace

LoadTally::LoadTally(std::uint64_t keep, std::uint32_t pieces)
    : counts_(std::make_unique<LoadResult>()), keep_(keep) {
  pieces_.reserve(std::min<std::size_t>(std::size_t{pieces} * 4, 4096));
}

void LoadTally::Finish(const HttpSample& sample, std::uint64_t ordinal, bool with_rate) {
  LoadResult& to = *counts_;
  ++to.requests;
  if (kept_ < keep_) Keep(sample, ordinal);
  if (sample.status > 0) ++to.statuses[sample.status];
  if (sample.error != HttpError::kNone) {
    ++to.errors[static_cast<std::size_t>(sample.error)];
    return;
  }
  ++to.ok;
  to.latency.Record(sample.end_ns - sample.begin_ns);
  if (with_rate) to.corrected.Record(sample.end_ns - sample.intended_ns);
  to.first_byte.Record(sample.first_byte_ns - sample.connected_ns);
  to.transfer.Record(sample.end_ns - sample.first_byte_ns);
}

void LoadTally::Connected(std::int64_t took_ns) {
  ++counts_->connects;
  counts_->connect.Record(took_ns);
}

void LoadTally::Keep(const HttpSample& sample, std::uint64_t ordinal) {
  if (blocks_.empty() || blocks_.back().size() == kBlock) {
    blocks_.emplace_back().reserve(std::min<std::uint64_t>(kBlock, keep_ - kept_));
  }
  blocks_.back().push_back({sample, ordinal});
  ++kept_;
}

void LoadTally::AddTo(LoadResult& result) const {
  const LoadResult& from = *counts_;
  result.requests += from.requests;
  result.ok += from.ok;
  result.connects += from.connects;
  for (std::size_t i = 0; i < from.errors.size(); ++i) result.errors[i] += from.errors[i];
  for (std::size_t i = 0; i < from.statuses.size(); ++i) result.statuses[i] += from.statuses[i];
  result.bytes_received += bytes_received;
  result.bytes_sent += bytes_sent;
  result.reconnects += reconnects;
  result.unfinished += unfinished;
  result.unsent += unsent;
  result.latency.Merge(from.latency);
  result.corrected.Merge(from.corrected);
  result.connect.Merge(from.connect);
  result.first_byte.Merge(from.first_byte);
  result.transfer.Merge(from.transfer);
  if (send_mss) result.send_mss = send_mss;
  if (min_rtt_ns)
    result.min_rtt_ns = std::min(*min_rtt_ns, result.min_rtt_ns.value_or(*min_rtt_ns));
}

void LoadTally::MergeSamples(const std::vector<std::unique_ptr<LoadTally>>& tallies,
                             const LoadSpec& spec, LoadResult& result) {
  std::vector<Kept> all;
  for (const auto& tally : tallies) {
    for (const auto& block : tally->blocks_) all.insert(all.end(), block.begin(), block.end());
  }
  // One thread's are in order already; several threads' are kept up to `keep` in all.
  if (tallies.size() > 1) {
    std::ranges::stable_sort(all, {}, [](const Kept& kept) { return kept.sample.end_ns; });
  }
  if (all.size() > spec.keep) all.resize(spec.keep);
  std::unordered_map<std::uint64_t, std::uint32_t> places;
  std::uint32_t place = 0;
  result.samples.reserve(all.size());
  for (const Kept& kept : all) {
    result.samples.push_back(kept.sample);
    if (kept.ordinal < spec.pieces) places.emplace(kept.ordinal, place);
    ++place;
  }
  for (const auto& tally : tallies) {
    for (HttpPiece piece : tally->pieces_) {
      const auto found = places.find(piece.request);
      if (found == places.end()) continue;
      piece.request = found->second;
      result.pieces.push_back(piece);
    }
  }
  std::ranges::stable_sort(result.pieces, {}, &HttpPiece::at_ns);
}

}  // namespace tunewire
