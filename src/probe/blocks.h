// Runs single blocks of an experiment: what one is called, what came of it, how long all took.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "probe/merge.h"
#include "probe/schedule.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {

/// One run of the report: a role at an MSS, gathered block by block.
struct Cell {
  MergedBlocks merged;
  Traffic traffic;
  std::chrono::nanoseconds cycle{};  ///< start to start of an exchange, of its last block
  bool left_out = false;             ///< this kernel cannot do it
};

enum class Figures {
  kCounted,    ///< the block's latencies are the run's
  kProofOnly,  ///< it counts in the A/B alone: the user asked for so many exchanges and has them
};

class BlockRunner {
 public:
  BlockRunner(Ends& ends, const ProbeRequest& request, const ProbeWatch& watch)
      : ends_(ends), request_(request), watch_(watch) {}

  /// False where the experiment is to end now: stopped, failed at once, or failing again and
  /// again. A block of a cell that is left out is passed over.
  bool Run(Cell& cell, Stamping stamping, const BlockSize& size, Figures figures);

  /// What is still to come, for the progress of it all.
  void Expect(std::size_t runs, std::chrono::nanoseconds time);

  [[nodiscard]] std::chrono::nanoseconds used() const { return used_; }
  [[nodiscard]] bool partial() const { return partial_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  RunSpec SpecOf(const Cell& cell, Stamping stamping, const BlockSize& size) const;
  RunWatch WatchFor(const Cell& cell, const BlockSize& size);
  ProbeProgress ProgressOf(const Cell& cell, std::chrono::nanoseconds elapsed,
                           std::chrono::nanoseconds block) const;
  void Keep(Cell& cell, RunEvidence evidence, Figures figures);
  bool Fail(Cell& cell, const Error& error);

  Ends& ends_;
  const ProbeRequest& request_;
  const ProbeWatch& watch_;
  std::chrono::nanoseconds used_{}, still_{};
  std::size_t runs_ = 0, runs_still_ = 0;
  std::uint32_t kept_ = 0;
  int failures_ = 0;  ///< in a row
  bool partial_ = false;
  std::optional<Error> error_;
  std::vector<std::string> warnings_;
};

}  // namespace tunewire
