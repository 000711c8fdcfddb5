// When the waits of a run must end. Pure: time is handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tunewire/base/error.h"

namespace tunewire {

/// How an end goes on after a step, a wait or an exchange.
enum class Go {
  kOn,
  kPeerDone,  ///< end of file between two exchanges
  kStopped,   ///< somebody wanted the end, and the exchange under way did not end by itself
  kFailed,    ///< an error is kept
};

/// A run's bounds; all times are nanoseconds of CLOCK_MONOTONIC.
class Guard {
 public:
  /// One call may wait so long before Look must be asked.
  static constexpr std::int64_t kSlice = 50'000'000;
  /// An exchange under way when the end is wanted gets so long to end by itself: a delayed ACK's
  /// stall does, and both ends then agree about the last exchange.
  static constexpr std::int64_t kGrace = 100'000'000;

  struct Bounds {
    std::int64_t start = 0;
    std::int64_t idle = 0;  ///< nothing came or went for so long
    std::int64_t most = 0;  ///< of the whole run; 0: no bound
  };
  Guard(const Bounds& bounds, std::function<bool(std::int64_t now)> wants_end)
      : bounds_(bounds), wants_end_(std::move(wants_end)), next_question_(bounds.start) {}

  /// Where now is not past this, Look has nothing to say unless something waits.
  [[nodiscard]] std::int64_t next_question() const { return next_question_; }
  [[nodiscard]] bool ending() const { return ending_; }

  /// In the middle of a wait for `what` that began at `since`; anything but kOn ends it.
  Go Look(const char* what, std::int64_t now, std::int64_t since);

  /// Why Look said kFailed.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  void AskSometimes(std::int64_t now);
  Go Expired(const char* what, std::int64_t after);

  Bounds bounds_;
  std::function<bool(std::int64_t now)> wants_end_;
  std::int64_t next_question_;
  bool ending_ = false;
  std::int64_t ending_since_ = 0;
  Error error_;
};

}  // namespace tunewire
