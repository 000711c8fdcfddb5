#include "tunewire/sockets/watch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sockets/look_taker.h"
#include "sockets/surroundings.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Of one CPU's time, what each kind of look may take: together below a tenth.
constexpr int kWideShare = 16;
constexpr int kNarrowShare = 30;
/// What a single request costs, and a look at all listeners: the kernel finds these at once, but
/// walks its whole hash table for any dump of connections.
constexpr microseconds kRequest(5), kListeners(50);
/// How often connections are searched that a followed process has made since.
constexpr milliseconds kSearch(500);
constexpr milliseconds kCounting(250);
/// Reading /proc/net/tcp costs twenty times as much as a dump of a small table: 10 ms of CPU.
constexpr std::size_t kMostForAcks = 20000;
constexpr milliseconds kQuickDump(3);
constexpr int kAckReadings = 2;  // and the first
constexpr std::size_t kMostLooks = 1'000'000;
/// Shorter looks come at the interval until it is known what they cost.
constexpr milliseconds kShortLook(50);

/// What a kind of look costs. The first finds nothing in any cache, and of CPU time others can take
/// some on a busy or a virtual machine: of the last few the quickest tells it.
class LookCost {
 public:
  void Add(nanoseconds took) { recent_[count_++ % recent_.size()] = took; }
  [[nodiscard]] nanoseconds Usual() const {
    return *std::min_element(recent_.begin(), recent_.end());
  }
  /// From one look to the next, so that looks of this kind take one part in `share` of the time.
  [[nodiscard]] nanoseconds Pause(int share) const {
    const bool known = count_ >= recent_.size() || Usual() > kShortLook;
    return known ? Usual() * share : nanoseconds(0);
  }

 private:
  static constexpr nanoseconds kNever = std::chrono::hours(1);
  std::array<nanoseconds, 3> recent_{kNever, kNever, kNever};
  std::size_t count_ = 0;
};

class Watching {
 public:
  Watching(WatchHost& host, const WatchWish& wish, std::span<LookSink* const> sinks)
      : host_(host),
        wish_(wish),
        begin_(host.clock.SinceBoot()),
        taker_(host.sockets, wish.selection, sinks),
        around_(host, wish.selection.pids) {}

  Result<SocketSurroundings> Run() {
    NetworkSettings settings = host_.settings();
    if (const Status first = FirstLook(); !first) return Fail(first.error());
    for (std::size_t looks = 1; looks < kMostLooks && Next(); ++looks) {
    }
    SocketSurroundings around = around_.Finish(taker_.inodes());
    around.settings = std::move(settings);
    return around;
  }

 private:
  [[nodiscard]] nanoseconds Now() const { return host_.clock.SinceBoot() - begin_; }
  [[nodiscard]] nanoseconds Spent() const { return host_.cpu ? host_.cpu() : Now(); }
  [[nodiscard]] bool ByProcess() const { return !wish_.selection.pids.empty(); }

  Status FirstLook() {
    if (ByProcess()) {
      if (Status held = around_.Refresh(); !held) return held;
      taker_.AddHeld(around_.held().held);
    }
    LookHead head = Head();
    const nanoseconds spent = Spent();
    if (Status first = taker_.Wide(std::move(head)); !first) return first;
    PlanWide(begin_of_look_, Spent() - spent);
    // Early, for processes that end meanwhile; that it fails means no more than no owners.
    if (!ByProcess()) static_cast<void>(around_.Refresh());
    return {};
  }

  /// Waits for the next look and takes it; false after the last one.
  bool Next() {
    const nanoseconds end = wish_.time;
    if (Now() >= end) return false;
    const nanoseconds due = std::min({wide_due_, NarrowPays() ? narrow_due_ : end, end});
    if (host_.pause(std::max<nanoseconds>(due - Now(), milliseconds(1)))) return false;
    if (Now() >= end) {
      LastLook();
      return false;
    }
    if (Now() >= wide_due_) {
      WideLook();
    } else if (NarrowPays() && Now() >= narrow_due_) {
      NarrowLook();
    }
    return true;
  }

  /// What changed from first to last is asked of every connection; of a few out of very many the
  /// requests tell it too.
  void LastLook() {
    last_ = true;
    if (ByProcess() && NarrowPays() && wide_.Usual() * kNarrowShare > wish_.time)
      return NarrowLook();
    WideLook();
  }

  void WideLook() {
    const nanoseconds begin = Now();
    nanoseconds spent = Spent();
    if (ByProcess() && around_.Refresh()) taker_.AddHeld(around_.held().held);
    const nanoseconds searched = Spent() - spent;
    LookHead head = Head();
    spent = Spent();
    static_cast<void>(taker_.Wide(std::move(head)));  // the sinks know it as partial
    PlanWide(begin, searched + Spent() - spent);
  }

  void NarrowLook() {
    LookHead head = Head();
    const nanoseconds spent = Spent();
    static_cast<void>(taker_.Narrow(std::move(head)));
    PlanNarrow(begin_of_look_, Spent() - spent);
  }

  void PlanWide(nanoseconds begin, nanoseconds took) {
    wide_.Add(took);
    quickest_ = quickest_ ? std::min(*quickest_, took) : took;
    narrow_due_ = begin + wish_.interval;
    wide_due_ = begin + (ByProcess() && NarrowPays()
                             ? std::max<nanoseconds>(kSearch, wide_.Pause(kNarrowShare))
                             : std::max<nanoseconds>(wish_.interval, wide_.Pause(kWideShare)));
  }

  void PlanNarrow(nanoseconds begin, nanoseconds took) {
    narrow_.Add(took);
    narrow_due_ = begin + std::max<nanoseconds>(wish_.interval, narrow_.Pause(kNarrowShare));
  }

  /// Requests for a process's connections where they cost less than a look at all; for those in
  /// trouble where such looks cost too much to come at every interval.
  [[nodiscard]] bool NarrowPays() const {
    const std::size_t followed = taker_.Followed().size();
    const nanoseconds cost = kListeners + kRequest * followed;
    if (ByProcess()) return cost < wide_.Usual();
    return followed > 0 && wide_.Usual() * kWideShare > wish_.interval;
  }

  LookHead Head() {
    LookHead head;
    begin_of_look_ = Now();
    head.at_ns = begin_of_look_.count();
    if (CountersDue()) {
      counted_ = begin_of_look_;
      if (Result<NetCounters> counters = host_.counters()) head.counters = *std::move(counters);
    }
    if (AcksDue()) {
      ++ack_readings_;
      if (auto acks = host_.ack_states()) head.acks = *std::move(acks);
    }
    return head;
  }

  [[nodiscard]] bool CountersDue() const {
    return !counted_ || last_ || begin_of_look_ - *counted_ >= kCounting;
  }

  /// A few times, evenly; not in the first look, whose table's size nobody knows yet.
  [[nodiscard]] bool AcksDue() const {
    if (!quickest_ || taker_.seen() > kMostForAcks) return false;
    if (taker_.widest() != LookScope::kAll && *quickest_ > kQuickDump) return false;
    return last_ || begin_of_look_ * kAckReadings >= wish_.time * ack_readings_;
  }

  WatchHost& host_;
  const WatchWish& wish_;
  nanoseconds begin_;
  LookTaker taker_;
  Surroundings around_;
  LookCost wide_, narrow_;
  nanoseconds begin_of_look_{}, wide_due_{}, narrow_due_{};
  std::optional<nanoseconds> quickest_, counted_;
  int ack_readings_ = 0;
  bool last_ = false;
};

}  // namespace

Result<SocketSurroundings> WatchSockets(WatchHost& host, const WatchWish& wish,
                                        std::span<LookSink* const> sinks) {
  return Watching(host, wish, sinks).Run();
}

}  // namespace tunewire
