#include "probe/critical_path.h"

#include <algorithm>

namespace tunewire {
namespace {

constexpr std::int64_t kShortHold = 100'000;  // deferred work of the kernel, not a decision to wait
constexpr std::int64_t kStampSlack = 200'000;    // between the ACK's stamp and what it let go
constexpr std::int64_t kLeastTimer = 8'000'000;  // two jiffies of 4 ms: the shortest loss probe
constexpr std::size_t kWritesLookedAt = 64;

End OtherEnd(End end) { return end == End::kClient ? End::kServer : End::kClient; }

class Walk {
 public:
  Walk(const PathView& view, std::uint32_t exchange, std::int64_t begin, std::int64_t end)
      : view_(view), begin_(begin), now_(std::max(begin, end)) {
    next_ = view.client->Of(exchange).to;
  }

  std::vector<PathPiece> Run() {
    std::size_t steps = 16 + 2 * view_.client->events.size();
    if (view_.server != nullptr) steps += 2 * view_.server->events.size();
    while (now_ > begin_ && steps-- > 0) Step();
    Take(begin_, PathKind::kNetwork);  // only where stamps contradict themselves
    std::reverse(pieces_.begin(), pieces_.end());
    return std::move(pieces_);
  }

 private:
  [[nodiscard]] const Track* TrackAt(End end) const {
    return end == End::kClient ? view_.client : view_.server;
  }
  [[nodiscard]] const EndHabits& Habits() const {
    return view_.habits[static_cast<std::size_t>(end_)];
  }

  void Take(std::int64_t until, PathKind kind) {
    const std::int64_t from = std::clamp(until, begin_, now_);
    if (from == now_) return;
    if (!pieces_.empty() && pieces_.back().kind == kind && pieces_.back().end == end_) {
      pieces_.back().from_ns = from;
    } else {
      pieces_.push_back({kind, end_, from, now_});
    }
    now_ = from;
  }

  void Step() {
    if (next_ == 0) return Take(begin_, PathKind::kUnscripted);
    const Tracked& one = TrackAt(end_)->events[--next_];
    Take(one.event.end_ns, PathKind::kUnscripted);
    if (one.event.kind == StepKind::kRead) return Read(one);
    if (one.event.kind == StepKind::kAwaitAck) return AwaitAck(one);
    if (one.event.kind == StepKind::kSleep) return Sleep(one);
    Take(one.event.begin_ns, IsWrite(one.event.kind) ? CallKind(one.event) : PathKind::kUnscripted);
  }

  void Sleep(const Tracked& one) {
    Take(one.event.begin_ns + one.pause_ns, PathKind::kUnscripted);
    Take(one.event.begin_ns, PathKind::kScripted);
  }

  /// A write that blocked, for long, did so for want of a window or of buffer space.
  [[nodiscard]] PathKind CallKind(const Event& write) const {
    const std::int64_t length = write.end_ns - write.begin_ns;
    if (length < kLeastDelay) return PathKind::kUnscripted;
    if (Habits().window_limited_ns >= length / 2) return PathKind::kWindow;
    return Habits().buffer_limited_ns >= length / 2 ? PathKind::kNetwork : PathKind::kUnscripted;
  }

  void Read(const Tracked& read) {
    const Event& event = read.event;
    if (event.arrived_ns) {
      if (FilledLate(event)) TakeFor(OtherEnd(end_), *event.arrived_ns, PathKind::kRetransmit);
      Take(std::max(*event.arrived_ns, event.begin_ns), PathKind::kUnscripted);
      if (*event.arrived_ns <= event.begin_ns) return;  // it was there: the program came late
    }
    const bool seen = TrackAt(OtherEnd(end_)) != nullptr;
    const auto write = seen ? WriteOfByte(*TrackAt(OtherEnd(end_)), event.exchange, read.read)
                            : OwnWriteBefore(event);
    if (!write) return Take(event.begin_ns, PathKind::kNetwork);
    if (seen) end_ = OtherEnd(end_);
    Passage(*write);
  }

  /// Its last byte had come, behind one that had to be sent again: the read waited for that.
  [[nodiscard]] bool FilledLate(const Event& read) const {
    return *read.arrived_ns > read.begin_ns && now_ - *read.arrived_ns > kLeastDelay &&
           ResentIn(OtherEnd(end_), read.exchange);
  }

  [[nodiscard]] bool ResentIn(End end, std::uint32_t exchange) const {
    const Track* track = TrackAt(end);
    if (track == nullptr) return false;
    const EventRange range = track->Of(exchange);
    return std::any_of(track->events.begin() + static_cast<std::ptrdiff_t>(range.from),
                       track->events.begin() + static_cast<std::ptrdiff_t>(range.to),
                       [](const Tracked& one) { return one.event.resent_ns.has_value(); });
  }

  void TakeFor(End whose, std::int64_t until, PathKind kind) {
    const End own = end_;
    end_ = whose;
    Take(until, kind);
    end_ = own;
  }

  /// Of a peer that tells nothing one knows only that it answers what it was sent.
  [[nodiscard]] std::optional<std::size_t> OwnWriteBefore(const Event& read) const {
    const Track& track = *TrackAt(end_);
    for (std::size_t i = next_; i > track.Of(read.exchange).from; --i) {
      const Event& event = track.events[i - 1].event;
      if (IsWrite(event.kind) && LeftAt(event).value_or(event.begin_ns) <= now_) return i - 1;
    }
    return std::nullopt;
  }

  /// From the arrival of a write's last byte back to the call that wrote it.
  void Passage(std::size_t write) {
    const Event& event = TrackAt(end_)->events[write].event;
    next_ = write + 1;
    const auto left = event.sent_ns ? event.sent_ns : event.sched_ns;
    if (!left) return Take(event.end_ns, PathKind::kNetwork);
    Transit(*left, ResentIn(end_, event.exchange));
    if (event.sent_ns && event.sched_ns) Queued(*event.sched_ns);
    if (event.sched_ns) return Hold(write);
    Take(event.end_ns, PathKind::kNetwork);  // when it left TCP is not known
  }

  /// Without the resend's own stamp (the lost segment was not a write's last) only a wait that is
  /// long by a timer's measure counts.
  void Transit(std::int64_t left, bool resent) {
    const std::int64_t usual = Habits().trip_ns > 0 ? Habits().trip_ns : Habits().ack_ns;
    const std::int64_t least = std::max(resent ? kLeastDelay : kLeastTimer, usual / 2);
    if ((resent || Habits().resent) && now_ - left > usual + least) {
      Take(left + usual, PathKind::kRetransmit);
    }
    Take(left, PathKind::kNetwork);
  }

  void Queued(std::int64_t sched) {
    const bool held = Habits().paced && now_ - sched > kShortHold;
    Take(sched, held ? PathKind::kPacing : PathKind::kNetwork);
  }

  void Hold(std::size_t write) {
    const Tracked& held = TrackAt(end_)->events[write];
    const std::int64_t from = std::max(held.event.end_ns, begin_);
    if (now_ <= from) return;
    if (held.corked) return Take(from, PathKind::kCork);
    const Event* blocker = held.nodelay ? nullptr : Blocker(write, from);
    if (blocker == nullptr) return Take(from, OtherHold(now_ - from));
    const std::int64_t let_go = blocker->acked_ns.value_or(now_);
    if (let_go > from && now_ - let_go > std::max(kStampSlack, (now_ - from) / 50)) {
      Take(let_go, OtherHold(now_ - let_go));
    }
    AwaitAckOf(*blocker, from);
    Take(from, PathKind::kNagle);
  }

  /// The earlier write whose missing ACK held this one at `from`: the last that had left by then,
  /// or a later one of those whose ACK came just before the hold's end.
  [[nodiscard]] const Event* Blocker(std::size_t write, std::int64_t from) const {
    const Track& track = *TrackAt(end_);
    const bool looked = track.events[write].event.unacked_segments.value_or(0) > 0;
    std::size_t left_to_look = kWritesLookedAt;
    const Event* fallback = nullptr;
    for (std::size_t i = write; i > 0 && left_to_look > 0; --i) {
      const Event& event = track.events[i - 1].event;
      if (!IsWrite(event.kind)) continue;
      --left_to_look;
      if (LeftAt(event).value_or(event.end_ns) > from) continue;
      if (event.acked_ns ? *event.acked_ns <= from : !looked) return fallback;
      if (event.acked_ns && *event.acked_ns <= now_) return &event;
      if (fallback == nullptr) fallback = &event;
    }
    return fallback;
  }

  /// The part of a wait for an ACK that is longer than an ACK needs.
  void AwaitAckOf(const Event& write, std::int64_t from) {
    const auto left = write.sent_ns ? write.sent_ns : write.sched_ns;
    if (!left) return;
    const std::int64_t usual = Habits().ack_ns;
    const std::int64_t due = std::max(*left + usual, from);
    if (now_ - due <= std::max(kLeastDelay, usual / 10)) return;
    const bool lost = write.resent_ns || Lost(now_ - *left);
    Take(due, lost ? PathKind::kRetransmit : PathKind::kDelayedAck);
  }

  /// Did an ACK that took so long wait for a segment to be sent again?
  [[nodiscard]] bool Lost(std::int64_t took) const {
    if (!Habits().resent) return false;
    const TimerFacts& timers = view_.timers;
    const std::int64_t jiffy = 1'000'000'000 / std::max(timers.hz, 1);
    const bool like_a_delay = took >= timers.delack_min_ns - jiffy &&
                              took <= timers.delack_min_ns + 4 * jiffy + timers.min_rtt_ns;
    return !like_a_delay || Habits().peer_delayed_acks == 0;
  }

  /// A hold that neither the script's cork nor Nagle explains.
  [[nodiscard]] PathKind OtherHold(std::int64_t length) const {
    if (length >= kLeastDelay) {
      if (Habits().window_limited_ns >= length / 2) return PathKind::kWindow;
      if (Habits().resent && length >= view_.timers.rto_min_ns * 9 / 10) {
        return PathKind::kRetransmit;
      }
    }
    return Habits().paced && length > kShortHold ? PathKind::kPacing : PathKind::kNetwork;
  }

  void AwaitAck(const Tracked& await) {
    const Track& track = *TrackAt(end_);
    std::size_t write = next_;
    while (write > 0 && !IsWrite(track.events[write - 1].event.kind)) --write;
    if (write == 0) return Take(await.event.begin_ns, PathKind::kUnscripted);
    const Event& last = track.events[write - 1].event;
    if (last.acked_ns) {
      Take(std::max(*last.acked_ns, await.event.begin_ns), PathKind::kUnscripted);
      if (*last.acked_ns <= await.event.begin_ns) return;
    }
    AwaitAckOf(last, begin_);
    if (last.sent_ns) Take(*last.sent_ns, PathKind::kNetwork);
    Passage(write - 1);
  }

  const PathView& view_;
  std::int64_t begin_, now_;
  End end_ = End::kClient;
  std::size_t next_ = 0;  // the event before it is the next to look at
  std::vector<PathPiece> pieces_;
};

}  // namespace

std::vector<PathPiece> CriticalPath(const PathView& view, std::uint32_t exchange,
                                    std::int64_t begin_ns, std::int64_t end_ns) {
  return Walk(view, exchange, begin_ns, end_ns).Run();
}

}  // namespace tunewire
