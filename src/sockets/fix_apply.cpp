// The fix: look, save, set, look again.
#include <algorithm>

#include "sockets/fix_pace.h"
#include "sockets/fix_run.h"

namespace tunewire {
namespace {

using Outcome = FixReport::Outcome;

// As long as nobody stops it.
constexpr std::chrono::hours kForever(24 * 365);

class Applying {
 public:
  Applying(FixHost& host, const FixPlan& plan, const FixTiming& timing)
      : host_(host), plan_(plan), timing_(timing), run_(host, plan.kind) {}

  Result<FixReport> Do() {
    host_.progress("looking before anything is set");
    PaceMeter before(host_, plan_.kind, plan_.targets, timing_);
    const PaceReading was = before.Measure(timing_.look, 1, {});
    if (was.stopped) return End(Outcome::kInterruptedRestored);
    Result<std::vector<FixTarget>> targets = run_.Refresh(plan_.targets);
    if (!targets) return Fail(targets.error());
    if (targets->empty()) return End(Outcome::kNothingToDo);
    if (Status set = run_.SetAll(std::move(*targets)); !set) return Fail(set.error());
    TakePaces(was, plan_.targets, &FixedSocket::pace_before);
    if (run_.cause()) return TakeBack();
    return LookAgain();
  }

 private:
  /// Without a time given, what fades is held until somebody stops it.
  [[nodiscard]] bool UntilStopped() const {
    return run_.Fades() && plan_.kind == FixKind::kQuickAck && !timing_.hold;
  }

  Result<FixReport> LookAgain() {
    const bool fades = run_.Fades();
    const std::vector<FixTarget> targets = Set();
    if (targets.empty()) return TakeBack();
    std::chrono::nanoseconds time = timing_.look;
    std::function<void()> again;
    if (fades) {
      again = [this] { run_.SetAgain(); };
      if (timing_.hold) time = *timing_.hold;
      if (UntilStopped()) time = kForever;
    }
    host_.progress(UntilStopped() ? "setting it again and again until Ctrl-C" : "looking again");
    PaceMeter after(host_, plan_.kind, targets, timing_);
    const PaceReading is = after.Measure(time, 1, again);
    TakePaces(is, targets, &FixedSocket::pace_after);
    if (is.stopped && !UntilStopped()) return TakeBack();
    if (!fades) return End(Outcome::kFixed);
    run_.PutFadingBack();
    const bool all_faded = std::ranges::all_of(
        targets, [](const FixTarget& target) { return target.lasting == Lasting::kFades; });
    return End(all_faded ? Outcome::kHeldForATime : Outcome::kFixed);
  }

  [[nodiscard]] std::vector<FixTarget> Set() {
    std::vector<FixTarget> targets;
    for (const FixedSocket& one : run_.fixed())
      if (one.after) targets.push_back(one.target);
    return targets;
  }

  void TakePaces(const PaceReading& reading, std::span<const FixTarget> targets,
                 std::optional<SocketPace> FixedSocket::*into) {
    for (FixedSocket& one : run_.fixed()) {
      const auto found =
          std::ranges::find(targets, one.target.socket.cookie,
                            [](const FixTarget& target) { return target.socket.cookie; });
      if (found != targets.end())
        one.*into = reading.sockets[static_cast<std::size_t>(found - targets.begin())];
    }
  }

  /// After a set that failed, a stop, or when every socket has gone.
  FixReport TakeBack() {
    const bool failed = run_.cause() && run_.cause()->kind != ErrorKind::kInterrupted;
    const bool any = std::ranges::any_of(
        run_.fixed(), [](const FixedSocket& one) { return one.after.has_value(); });
    run_.PutAllBack();
    if (!run_.AllBack()) return End(Outcome::kNotRestored);
    if (failed) return End(Outcome::kRestored);
    if (!run_.cause() && !any) return End(Outcome::kNothingToDo);
    return End(Outcome::kInterruptedRestored);
  }

  FixReport End(Outcome outcome) {
    return {.outcome = outcome,
            .record = run_.RecordPath(),
            .fixed = std::move(run_.fixed()),
            .put_back = run_.put_back(),
            .cause = run_.cause()};
  }

  FixHost& host_;
  const FixPlan& plan_;
  FixTiming timing_;
  FixRun run_;
};

}  // namespace

Result<FixReport> ApplyFix(FixHost& host, const FixPlan& plan, const FixTiming& timing) {
  return Applying(host, plan, timing).Do();
}

}  // namespace tunewire
