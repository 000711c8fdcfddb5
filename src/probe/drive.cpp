// A run from begin to end, either half: exchanges, their times, and what is kept of them.
#include "probe/drive.h"

#include <algorithm>
#include <memory>

#include "host/precise_clock.h"
#include "host/socket_errors.h"
#include "host/tcp_options.h"
#include "probe/guard.h"
#include "probe/misuse.h"
#include "probe/player.h"

namespace tunewire {
namespace {

using std::chrono::nanoseconds;

/// Nothing came or went for so long, scripted pauses of the peer not counted.
constexpr std::int64_t kClientIdle = 5'000'000'000;

std::int64_t Nanos(nanoseconds time) { return time.count(); }

std::int64_t PausesOf(const Script& script) {
  std::int64_t sum = 0;
  for (const Step& step : script) sum += Nanos(step.pause);
  return sum;
}

/// The client's clockwork: starts, ends and what is kept of them.
class Timekeeper {
 public:
  explicit Timekeeper(const RunSpec& spec)
      : spec_(spec), evidence_(std::make_unique<RunEvidence>()) {
    constexpr std::uint64_t kMostReserved = 1U << 20;
    const std::uint64_t count = spec.count == 0 ? spec.keep : std::min(spec.keep, spec.count);
    evidence_->exchanges.reserve(static_cast<std::size_t>(std::min(count, kMostReserved)));
  }

  void Note(const struct Exchange& exchange) {
    const std::int64_t length = exchange.end_ns - exchange.begin_ns;
    evidence_->latency.Record(length);
    if (spec_.interval.count() > 0) {
      evidence_->corrected.Record(exchange.end_ns - exchange.intended_ns);
    }
    if (done_ < kEarly) evidence_->early.Record(length);
    if (done_ < spec_.keep) evidence_->exchanges.push_back(exchange);
    ++done_;
  }

  [[nodiscard]] bool Over(std::int64_t elapsed) const {
    return (spec_.count != 0 && done_ >= spec_.count) ||
           (spec_.duration.count() > 0 && elapsed >= Nanos(spec_.duration));
  }

  [[nodiscard]] std::uint64_t done() const { return done_; }

  RunEvidence Finish(std::int64_t elapsed, bool interrupted, EndEvidence client) {
    if (spec_.interval.count() == 0) evidence_->corrected = evidence_->latency;
    evidence_->spec = spec_;
    evidence_->elapsed_ns = elapsed;
    evidence_->interrupted = interrupted;
    evidence_->client = std::move(client);
    return std::move(*evidence_);
  }

 private:
  const RunSpec& spec_;
  std::uint64_t done_ = 0;
  std::unique_ptr<RunEvidence> evidence_;
};

/// The client's run: who plays, when it began, and what is kept.
struct ClientRun {
  const RunSpec& spec;
  Guard& guard;
  Player& player;
  Timekeeper& keeper;
  std::int64_t start = 0;

  /// Intended start of the exchange to come, where an interval is set.
  [[nodiscard]] std::int64_t Intended() const {
    return start + Nanos(spec.interval) * static_cast<std::int64_t>(keeper.done());
  }
  [[nodiscard]] bool Paced() const { return spec.interval.count() > 0; }
  /// Would the next intended start lie behind the run's end?
  [[nodiscard]] bool NoMoreStarts() const {
    return Paced() && spec.duration.count() > 0 && Intended() - start >= Nanos(spec.duration);
  }
};

/// What lies between two exchanges: the think time, then the wait for the next intended start.
Go Pause(const ClientRun& run, std::int64_t end) {
  Go go = Go::kOn;
  if (run.spec.think.count() > 0) go = run.player.Rest(end + Nanos(run.spec.think));
  if (go == Go::kOn && run.Paced()) go = run.player.Rest(run.Intended());
  return go == Go::kOn && run.guard.ending() ? Go::kStopped : go;
}

Go RunExchanges(const ClientRun& run) {
  // The end of one exchange is the begin of the next, unless something is done in between: so the
  // plain loop reads the clock once an exchange.
  const bool pauses = run.spec.think.count() > 0 || run.Paced();
  std::int64_t begin = run.start;
  for (;;) {
    const auto number = static_cast<std::uint32_t>(run.keeper.done());
    const std::int64_t intended = run.Paced() ? run.Intended() : begin;
    if (const Go go = run.player.Exchange(number); go != Go::kOn) return go;
    const std::int64_t end = MonotonicNow();
    run.keeper.Note({intended, begin, end});
    const bool stamps = run.player.record().Stamps();
    if (stamps) run.player.record().EndExchange(number);
    const bool looks = end >= run.guard.next_question();
    if (looks) run.guard.Look("run", end, end);
    if (run.keeper.Over(end - run.start) || run.NoMoreStarts()) return Go::kOn;
    if (run.guard.ending()) return Go::kStopped;
    if (pauses) {
      if (const Go go = Pause(run, end); go != Go::kOn) return go;
    }
    begin = stamps || looks || pauses ? MonotonicNow() : end;
  }
}

Error SpentLimit() {
  Error error = TimedOut("run", "the client", std::chrono::milliseconds(0));
  error.message = "the client wants more exchanges than it may";
  return error;
}

Go ServeExchanges(Player& player, Guard& guard, const RunSpec& spec, std::uint64_t& done) {
  while (spec.count == 0 || done < spec.count) {
    const auto number = static_cast<std::uint32_t>(done);
    if (const Go go = player.Exchange(number); go != Go::kOn) return go;
    ++done;
    if (player.record().Stamps()) player.record().EndExchange(number);
    const std::int64_t now = MonotonicNow();
    if (now < guard.next_question()) continue;
    if (const Go go = guard.Look("run", now, now); go != Go::kOn) return go;
    if (guard.ending()) return Go::kStopped;
  }
  return player.AwaitEnd();
}

}  // namespace

Result<RunEvidence> DriveClient(int fd, const RunSpec& spec, const RunWatch& watch) {
  if (spec.count == 0 && spec.duration.count() <= 0) {
    return Fail(Misuse("invalid_count", "a run needs a count or a duration above 0"));
  }
  Timekeeper keeper(spec);
  std::int64_t start = MonotonicNow();
  Guard guard({start, kClientIdle + PausesOf(spec.traffic.server), 0}, [&](std::int64_t now) {
    return watch && watch(keeper.done(), nanoseconds(now - start));
  });
  Player player(fd, End::kClient, spec, guard);
  if (Status begun = player.Begin(); !begun) return Fail(begun.error());
  start = MonotonicNow();
  const Go go = RunExchanges({spec, guard, player, keeper, start});
  if (go == Go::kFailed) return Fail(player.error());
  const std::int64_t elapsed = MonotonicNow() - start;
  const bool whole = go == Go::kOn;
  player.record().DropFrom(static_cast<std::uint32_t>(keeper.done()));
  EndEvidence evidence =
      player.record().Finish(whole ? EndRecord::Wait::kForAcks : EndRecord::Wait::kNo);
  EndSending(fd);
  return keeper.Finish(elapsed, !whole, std::move(evidence));
}

Result<EndEvidence> DriveServer(int fd, const RunSpec& spec, const DriveLimits& limits,
                                const std::function<bool()>& stop) {
  return DriveServer(
      fd, spec, limits, [] { return Status(); }, stop);
}

Result<EndEvidence> DriveServer(int fd, const RunSpec& spec, const DriveLimits& limits,
                                const std::function<Status()>& begun,
                                const std::function<bool()>& stop) {
  RunSpec bounded = spec;
  const bool limited = limits.exchanges != 0 && (spec.count == 0 || spec.count > limits.exchanges);
  if (limited) bounded.count = limits.exchanges;
  Guard guard({MonotonicNow(), Nanos(limits.idle), Nanos(limits.most)},
              [&](std::int64_t) { return stop && stop(); });
  Player player(fd, End::kServer, bounded, guard);
  if (Status ready = player.Begin(); !ready) return Fail(ready.error());
  if (Status told = begun(); !told) return Fail(told.error());
  std::uint64_t done = 0;
  const Go go = ServeExchanges(player, guard, bounded, done);
  if (go == Go::kFailed) {
    const bool surplus = limited && player.error().code == "size_mismatch";
    return Fail(surplus ? SpentLimit() : player.error());
  }
  player.record().DropFrom(static_cast<std::uint32_t>(done));
  return player.record().Finish(EndRecord::Wait::kNo);
}

}  // namespace tunewire
