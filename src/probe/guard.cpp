#include "probe/guard.h"

#include <chrono>

#include "host/socket_errors.h"

namespace tunewire {

void Guard::AskSometimes(std::int64_t now) {
  if (now < next_question_) return;
  next_question_ = now + kSlice;
  if (ending_ || !wants_end_ || !wants_end_(now)) return;
  ending_ = true;
  ending_since_ = now;
}

Go Guard::Expired(const char* what, std::int64_t after) {
  error_ = TimedOut(what, "the peer", std::chrono::milliseconds(after / 1'000'000));
  return Go::kFailed;
}

Go Guard::Look(const char* what, std::int64_t now, std::int64_t since) {
  AskSometimes(now);
  if (ending_ && now - ending_since_ >= kGrace) return Go::kStopped;
  if (now - since >= bounds_.idle) return Expired(what, now - since);
  if (bounds_.most != 0 && now - bounds_.start >= bounds_.most) {
    const Go go = Expired(what, bounds_.most);
    error_.message = "the run took longer than it may";
    return go;
  }
  return Go::kOn;
}

}  // namespace tunewire
