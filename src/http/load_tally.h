// What one thread of the load client counts. Pure; nothing here is shared while the load runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tunewire/http/load.h"

namespace tunewire {

/// A run that is merged keeps its samples in the order in which requests ended.
class LoadTally {
 public:
  /// `keep` and `pieces`: of LoadSpec. Everything that grows by requests grows by blocks.
  LoadTally(std::uint64_t keep, std::uint32_t pieces);

  /// `ordinal` counts requests over all threads, in the order in which they were begun.
  void Finish(const HttpSample& sample, std::uint64_t ordinal, bool with_rate);
  void Connected(std::int64_t took_ns);
  void Piece(const HttpPiece& piece) { pieces_.push_back(piece); }

  [[nodiscard]] std::uint64_t finished() const { return counts_->requests; }

  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::uint64_t reconnects = 0, unfinished = 0, unsent = 0;
  std::optional<std::uint32_t> send_mss;
  std::optional<std::int64_t> min_rtt_ns;

  /// Adds what was counted here. The samples come by MergeSamples.
  void AddTo(LoadResult& result) const;
  /// Samples and pieces of all threads, in the order of time, at most as many as asked for.
  static void MergeSamples(const std::vector<std::unique_ptr<LoadTally>>& tallies,
                           const LoadSpec& spec, LoadResult& result);

 private:
  struct Kept {
    HttpSample sample;
    std::uint64_t ordinal = 0;
  };

  void Keep(const HttpSample& sample, std::uint64_t ordinal);

  std::unique_ptr<LoadResult> counts_;
  std::uint64_t keep_ = 0;
  std::uint64_t kept_ = 0;
  std::vector<std::vector<Kept>> blocks_;
  std::vector<HttpPiece> pieces_;  ///< `request` is the ordinal here
};

}  // namespace tunewire
