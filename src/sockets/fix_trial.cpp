// Without, with, without again: what the option does to the very connections that suffer.
#include <algorithm>

#include "base/format.h"
#include "sockets/fix_pace.h"
#include "sockets/fix_run.h"

namespace tunewire {
namespace {

using Outcome = FixReport::Outcome;

constexpr int kSlices = 5;

Error ListenersRefused() {
  return {.kind = ErrorKind::kUsage,
          .code = "trial_of_listeners",
          .message = "a trial cannot take back what later connections inherit from a listener",
          .hint = "leave out --listener, or leave out --trial"};
}

class Trying {
 public:
  Trying(FixHost& host, const FixPlan& plan, std::chrono::milliseconds phase,
         const FixTiming& timing)
      : host_(host), plan_(plan), phase_(phase), timing_(timing), run_(host, plan.kind) {}

  Result<TrialReport> Do() {
    const PaceReading was = Phase("before", {});
    if (was.stopped) return End(Outcome::kInterruptedRestored);
    if (!Moved(was)) {
      report_.verdict = TrialVerdict::kNoTraffic;
      return End(Outcome::kNothingToDo);
    }
    Result<std::vector<FixTarget>> targets = run_.Refresh(plan_.targets);
    if (!targets) return Fail(targets.error());
    if (targets->empty()) return End(Outcome::kNothingToDo);
    if (Status set = run_.SetAll(std::move(*targets)); !set) return Fail(set.error());
    TakePaces(was, &FixedSocket::pace_before);
    if (run_.cause()) return TakenBack(true);
    const PaceReading with =
        Phase(Format("with {}", NameOf(plan_.kind)), [this] { run_.SetAgain(); });
    TakePaces(with, &FixedSocket::pace_after);
    return TakenBack(with.stopped);
  }

 private:
  static bool Moved(const PaceReading& reading) {
    return reading.total.exchanges_per_s.value_or(0) > 0 || reading.total.bytes_per_s > 0 ||
           reading.total.held_share > 0;
  }

  PaceReading Phase(std::string name, std::function<void()> again) {
    host_.progress(Format("{} of 3: {}", report_.phases.size() + 1, name));
    PaceMeter meter(host_, plan_.kind, plan_.targets, timing_);
    PaceReading reading = meter.Measure(phase_, kSlices, run_.Fades() ? again : nullptr);
    report_.phases.push_back({.name = std::move(name),
                              .seconds = reading.seconds,
                              .exchanges_per_s = reading.total.exchanges_per_s.value_or(0),
                              .bytes_per_s = reading.total.bytes_per_s,
                              .held_share = reading.total.held_share,
                              .slices = reading.slices});
    return reading;
  }

  /// Puts back, and unless the trial was cut short looks once more.
  TrialReport TakenBack(bool cut_short) {
    const bool failed = run_.cause() && run_.cause()->kind != ErrorKind::kInterrupted;
    run_.PutAllBack();
    if (!run_.AllBack()) return End(Outcome::kNotRestored);
    if (failed) return End(Outcome::kRestored);
    if (cut_short) return End(Outcome::kInterruptedRestored);
    if (Phase("put back", {}).stopped) return End(Outcome::kInterruptedRestored);
    report_.verdict = JudgeTrial(report_.phases);
    return End(Outcome::kRestored);
  }

  void TakePaces(const PaceReading& reading, std::optional<SocketPace> FixedSocket::*into) {
    for (FixedSocket& one : run_.fixed()) {
      const auto found =
          std::ranges::find(plan_.targets, one.target.socket.cookie,
                            [](const FixTarget& target) { return target.socket.cookie; });
      one.*into = reading.sockets[static_cast<std::size_t>(found - plan_.targets.begin())];
    }
  }

  TrialReport End(Outcome outcome) {
    report_.outcome = outcome;
    report_.record = run_.RecordPath();
    report_.fixed = std::move(run_.fixed());
    report_.put_back = run_.put_back();
    report_.cause = run_.cause();
    return std::move(report_);
  }

  FixHost& host_;
  const FixPlan& plan_;
  std::chrono::milliseconds phase_;
  FixTiming timing_;
  FixRun run_;
  TrialReport report_;
};

}  // namespace

Result<TrialReport> TryFix(FixHost& host, const FixPlan& plan, std::chrono::milliseconds phase,
                           const FixTiming& timing) {
  if (plan.listeners == WithListeners::kYes) return Fail(ListenersRefused());
  return Trying(host, plan, phase, timing).Do();
}

}  // namespace tunewire
