// A few threads at most, each with a small stack of fixed size.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "tunewire/base/result.h"

namespace tunewire {

class Workers {
 public:
  /// Of each thread.
  static constexpr std::size_t kStackBytes = 512 * 1024;

  explicit Workers(std::size_t most);
  /// Waits until all jobs are done: they must know by themselves when to end.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs `job` on a thread of its own. Errors: kBusy where `most` are at work, the system's where
  /// it gives no thread.
  Status Start(std::function<void()> job);
  [[nodiscard]] std::size_t AtWork() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tunewire
