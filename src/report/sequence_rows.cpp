#include "report/sequence_rows.h"

#include <algorithm>
#include <cstdlib>

#include "base/format.h"
#include "report/latency_text.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

constexpr std::int64_t kUs = 1000;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::size_t kMostRows = 26;
constexpr std::int64_t kSameMoment = 2 * kUs;  // two stamps of one segment

bool IsWrite(const Event& event) {
  return event.kind == StepKind::kWrite || event.kind == StepKind::kMore ||
         event.kind == StepKind::kWritev;
}

/// Worth a bar, and a row of its own for the segment's departure.
bool Held(const Event& write) {
  return write.sched_ns && *write.sched_ns - write.begin_ns >= 500 * kUs;
}

/// Short enough to stand beside a lifeline.
std::string Bytes(std::uint32_t bytes) {
  return bytes < 100'000 ? Format("{}", bytes) : FormatBytes(bytes);
}

std::string Did(const Event& event) {
  switch (event.kind) {
    case StepKind::kWrite:
      return "write " + Bytes(event.bytes);
    case StepKind::kMore:
      return "more " + Bytes(event.bytes);
    case StepKind::kWritev:
      return "writev " + Bytes(event.bytes);
    case StepKind::kRead:
      return "read " + Bytes(event.bytes);
    case StepKind::kSleep:
      return "sleep";
    case StepKind::kCork:
      return "cork";
    case StepKind::kUncork:
      return "uncork";
    case StepKind::kNoDelay:
      return "nodelay";
    case StepKind::kNagle:
      return "nagle";
    case StepKind::kAwaitAck:
      return "await ack";
  }
  return "";
}

/// Why a held write of this end was held, most of the time.
std::string ReasonOf(const Attribution& share) {
  const std::int64_t nagle = share.nagle_ns + share.delayed_ack_ns;
  const std::int64_t most =
      std::max({nagle, share.cork_ns, share.pacing_ns, share.window_ns, std::int64_t{1}});
  if (nagle == most) return "held by Nagle";
  if (share.cork_ns == most) return "held by cork";
  if (share.pacing_ns == most) return "held by pacing";
  if (share.window_ns == most) return "window closed";
  return "held";
}

/// Both ends' view of one exchange, from the side of one of them.
struct View {
  End end;
  const std::vector<Event>& own;
  const std::vector<Event>& peer;
  const Attribution& share;

  [[nodiscard]] End Other() const { return end == End::kClient ? End::kServer : End::kClient; }
  [[nodiscard]] Segment Outward() const {
    return end == End::kClient ? Segment::kToServer : Segment::kToClient;
  }
  [[nodiscard]] Segment Inward() const {
    return end == End::kClient ? Segment::kToClient : Segment::kToServer;
  }
};

/// Does `next` only say that more left with `row`?
bool LeftTogether(const SequenceRow& row, const SequenceRow& next) {
  return row.bytes > 0 && next.bytes > 0 && row.segment == next.segment &&
         next.ns - row.ns <= kSameMoment;
}

std::vector<SequenceRow> Joined(std::vector<SequenceRow> rows) {
  std::vector<SequenceRow> joined;
  for (SequenceRow& row : rows) {
    if (!joined.empty() && LeftTogether(joined.back(), row)) {
      joined.back().bytes += row.bytes;
      joined.back().carries = Format("{} B", joined.back().bytes);
    } else {
      joined.push_back(std::move(row));
    }
  }
  return joined;
}

/// Writes that were held for one reason have one bar.
std::vector<SequenceBar> Joined(std::vector<SequenceBar> bars) {
  std::vector<SequenceBar> joined;
  for (SequenceBar& bar : bars) {
    const auto same = std::ranges::find_if(joined, [&](const SequenceBar& other) {
      return other.look == bar.look && other.end == bar.end && other.text == bar.text &&
             bar.from_ns <= other.to_ns && other.from_ns <= bar.to_ns;
    });
    if (same == joined.end()) {
      joined.push_back(std::move(bar));
    } else {
      same->from_ns = std::min(same->from_ns, bar.from_ns);
      same->to_ns = std::max(same->to_ns, bar.to_ns);
    }
  }
  return joined;
}

class Builder {
 public:
  explicit Builder(const Timeline& timeline)
      : timeline_(timeline), begin_(timeline.span.begin_ns) {}

  SequenceRows Build() {
    const View client{End::kClient, timeline_.client, timeline_.server, timeline_.client_share};
    const View server{End::kServer, timeline_.server, timeline_.client, timeline_.server_share};
    for (const View& view : {client, server}) {
      for (const Event& event : view.own) Add(view, event);
    }
    if (timeline_.server.empty()) AddEchoed(client);
    for (const View& view : {client, server}) AddAcks(view);
    std::ranges::stable_sort(out_.rows, {}, &SequenceRow::ns);
    out_.rows = Joined(std::move(out_.rows));
    out_.bars = Joined(std::move(out_.bars));
    return std::move(out_);
  }

 private:
  SequenceRow& Row(const View& view, std::int64_t ns, std::string did) {
    SequenceRow& row = out_.rows.emplace_back();
    row.ns = ns - begin_;
    (view.end == End::kClient ? row.client : row.server) = std::move(did);
    return row;
  }

  void Bar(SequenceBar::Look look, End end, std::int64_t from, std::int64_t to, std::string text) {
    out_.bars.push_back({look, end, from - begin_, to - begin_, std::move(text)});
  }

  void Add(const View& view, const Event& event) {
    if (IsWrite(event)) {
      AddWrite(view, event);
    } else if (event.kind == StepKind::kSleep) {
      Row(view, event.begin_ns, Did(event));
      Bar(SequenceBar::Look::kSleep, view.end, event.begin_ns, event.end_ns, "");
    } else {
      Row(view, event.kind == StepKind::kRead ? event.end_ns : event.begin_ns, Did(event));
    }
  }

  void AddWrite(const View& view, const Event& write) {
    SequenceRow* departure = &Row(view, write.begin_ns, Did(write));
    if (Held(write)) {
      const std::string reason = ReasonOf(view.share);
      Bar(SequenceBar::Look::kHold, view.end, write.begin_ns, *write.sched_ns, reason);
      if (reason == "held by Nagle") AddDelayedAck(view, write);
      departure = &Row(view, *write.sched_ns, "");
      departure->bytes = write.bytes;
    }
    departure->segment = view.Outward();
    departure->carries = Format("{} B", write.bytes);
    AddLoss(view, write, *departure);
  }

  /// The peer kept the ACK of what went before.
  void AddDelayedAck(const View& view, const Event& held) {
    const Event* before = nullptr;
    for (const Event& event : view.own) {
      if (&event == &held) break;
      if (IsWrite(event) && event.acked_ns && *event.acked_ns > held.begin_ns) before = &event;
    }
    if (before == nullptr || view.share.delayed_ack_ns <= 0) return;
    const std::int64_t left = before->sent_ns.value_or(before->sched_ns.value_or(before->end_ns));
    Bar(SequenceBar::Look::kWait, view.Other(), left, *before->acked_ns, "ACK delayed");
  }

  /// It left, and was not acknowledged before it was sent again.
  void AddLoss(const View& view, const Event& write, SequenceRow& departure) {
    if (!write.sched_ns || !write.acked_ns || *write.acked_ns - *write.sched_ns < kMs) return;
    if (view.share.retransmit_ns * 2 < *write.acked_ns - *write.sched_ns) return;
    departure.segment = view.end == End::kClient ? Segment::kLostToServer : Segment::kLostToClient;
    const std::string carries = departure.carries;
    Bar(SequenceBar::Look::kHold, view.end, *write.sched_ns, *write.acked_ns, "lost, sent again");
    const auto read = std::ranges::find_if(view.peer, [&](const Event& event) {
      return event.kind == StepKind::kRead && event.arrived_ns &&
             *event.arrived_ns > *write.sched_ns;
    });
    if (read == view.peer.end()) return;
    SequenceRow& again = Row(view, *read->arrived_ns, "");
    again.segment = view.Outward();
    again.carries = carries + " again";
  }

  /// A peer that shows nothing of itself: what came from it, as it came.
  void AddEchoed(const View& client) {
    for (const Event& event : client.own) {
      if (event.kind != StepKind::kRead || !event.arrived_ns) continue;
      SequenceRow& row = Row(client, *event.arrived_ns, "");
      row.segment = client.Inward();
      row.carries = Format("{} B", event.bytes);
    }
  }

  /// ACKs ride on data that arrives at the same time, or travel alone. Those after the exchange
  /// belong to the next one.
  void AddAcks(const View& view) {
    std::int64_t last = 0;
    for (const Event& event : view.own) {
      if (!IsWrite(event) || !event.acked_ns || *event.acked_ns - last <= kSameMoment) continue;
      last = *event.acked_ns;
      if (last > timeline_.span.end_ns || Ridden(view, last)) continue;
      SequenceRow& row = Row(view, last, "");
      row.segment = view.Inward();
      row.carries = "ack";
      row.pure_ack = true;
    }
  }

  /// Did data of the peer bring it: some that was read at that moment, or left the peer no longer
  /// before than the quickest ACK took?
  [[nodiscard]] static bool Ridden(const View& view, std::int64_t acked_ns) {
    const auto read = [acked_ns](const Event& event) {
      return event.kind == StepKind::kRead && event.arrived_ns &&
             std::abs(*event.arrived_ns - acked_ns) <= 30 * kUs;
    };
    const std::int64_t quickest = QuickestAck(view.own);
    const auto left = [acked_ns, quickest](const Event& event) {
      return IsWrite(event) && event.sched_ns && *event.sched_ns <= acked_ns &&
             acked_ns - *event.sched_ns <= quickest;
    };
    return std::ranges::any_of(view.own, read) || std::ranges::any_of(view.peer, left);
  }

  static std::int64_t QuickestAck(const std::vector<Event>& events) {
    std::int64_t quickest = 5 * kMs;  // a delayed one is never the measure
    for (const Event& event : events) {
      if (!IsWrite(event) || !event.sched_ns || !event.acked_ns) continue;
      quickest = std::min(quickest, *event.acked_ns - *event.sched_ns);
    }
    return quickest;
  }

  const Timeline& timeline_;
  std::int64_t begin_;
  SequenceRows out_;
};

/// Leaves out the middle of a long exchange, but nothing beside a silence.
std::vector<SequenceRow> Elided(std::vector<SequenceRow> rows) {
  if (rows.size() <= kMostRows) return rows;
  const std::size_t left_out = rows.size() - kMostRows + 1;
  const std::size_t first = kMostRows / 2;
  SequenceRow gap;
  gap.ns = rows[first].ns;
  gap.gap = Format("{} more steps", left_out);
  std::vector<SequenceRow> kept(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  kept.push_back(std::move(gap));
  kept.insert(kept.end(), rows.begin() + static_cast<std::ptrdiff_t>(first + left_out), rows.end());
  return kept;
}

/// Names what lies between two rows where it is most of the exchange.
std::vector<SequenceRow> WithSilences(std::vector<SequenceRow> rows, std::int64_t length_ns) {
  std::vector<SequenceRow> all;
  for (SequenceRow& row : rows) {
    const std::int64_t gap = all.empty() ? 0 : row.ns - all.back().ns;
    if (gap >= kMs && gap * 10 >= length_ns && row.gap.empty() && all.back().gap.empty()) {
      SequenceRow silence;
      silence.ns = all.back().ns;
      silence.gap = ShownTime(gap) + " of silence";
      all.push_back(std::move(silence));
    }
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace

SequenceRows RowsOf(const Timeline& timeline) {
  SequenceRows built = Builder(timeline).Build();
  const std::int64_t length = timeline.span.end_ns - timeline.span.begin_ns;
  built.rows = WithSilences(Elided(std::move(built.rows)), length);
  return built;
}

std::string Moment(std::int64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  return ms < 999.9995 ? Format("{:.3f} ms", ms) : Format("{:.3f} s", ms / 1e3);
}

}  // namespace tunewire
