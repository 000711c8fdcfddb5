#include "report/probe_sequence.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/format.h"
#include "report/latency_text.h"
#include "report/layout.h"
#include "report/probe_facts.h"

namespace tunewire {
namespace {

constexpr int kTimeWidth = 9;
constexpr int kWidestLane = 30;
constexpr std::size_t kMostRows = 24;

enum class Direction { kNone, kRight, kLeft };

struct Row {
  std::int64_t ns = 0;  ///< from the exchange's begin
  std::string left, right;
  std::string_view note;  ///< why the write of this row does not leave
  Direction direction = Direction::kNone;
  std::string arrow;
};

/// A stretch in which a lifeline is a bar.
struct Hold {
  bool client = true;
  std::int64_t from_ns = 0, to_ns = 0;
  std::string_view words;
};

std::string CallOf(const Event& event) {
  switch (event.kind) {
    case StepKind::kWrite:
      return Format("write {}", event.bytes);
    case StepKind::kMore:
      return Format("send {} MSG_MORE", event.bytes);
    case StepKind::kWritev:
      return Format("writev {}", event.bytes);
    case StepKind::kRead:
      return Format("read {}", event.bytes);
    case StepKind::kSleep:
      return "sleep " + ShownTime(event.end_ns - event.begin_ns);
    case StepKind::kCork:
      return "cork";
    case StepKind::kUncork:
      return "uncork";
    case StepKind::kNoDelay:
      return "TCP_NODELAY on";
    case StepKind::kNagle:
      return "TCP_NODELAY off";
    case StepKind::kAwaitAck:
      return "wait for the ACK";
  }
  return "";
}

class Picture {
 public:
  explicit Picture(const Timeline& timeline)
      : timeline_(timeline),
        zero_(timeline.span.begin_ns),
        // A hold worth a bar: it is seen against the whole exchange, and no scheduler's blink.
        worth_(std::max<std::int64_t>(500'000, (timeline.span.end_ns - zero_) / 20)) {
    AddEnd(true);
    AddEnd(false);
    std::ranges::stable_sort(rows_, {}, &Row::ns);
  }

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::int64_t worth() const { return worth_; }

  [[nodiscard]] const Hold* HoldAt(bool client, std::int64_t ns) const {
    const auto found = std::ranges::find_if(holds_, [&](const Hold& hold) {
      return hold.client == client && hold.from_ns <= ns && ns < hold.to_ns;
    });
    return found == holds_.end() ? nullptr : &*found;
  }

 private:
  [[nodiscard]] std::int64_t At(std::int64_t ns) const { return ns - zero_; }

  /// The same exchange only: a server may still be at the end of the one before.
  void AddEnd(bool client) {
    std::uint64_t sent = 0;
    const std::vector<Event>& events = client ? timeline_.client : timeline_.server;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Event& event = events[i];
      if (Sends(event.kind)) {
        AddWrite(client, events, i, sent);
        sent += event.bytes;
      } else if (event.kind == StepKind::kRead) {
        AddRead(client, events, i);
      } else {
        AddCall(client, At(event.begin_ns), CallOf(event));
      }
    }
  }

  void AddCall(bool client, std::int64_t ns, std::string call) {
    Row row;
    row.ns = ns;
    (client ? row.left : row.right) = std::move(call);
    rows_.push_back(std::move(row));
  }

  void AddWrite(bool client, const std::vector<Event>& events, std::size_t index,
                std::uint64_t sent) {
    const Event& event = events[index];
    Row row;
    row.ns = At(event.begin_ns);
    (client ? row.left : row.right) = CallOf(event);
    const std::int64_t left = event.sched_ns.value_or(event.begin_ns);
    if (left - event.end_ns > worth_) {
      row.note = HoldWords(client ? timeline_.client_share : timeline_.server_share);
      rows_.push_back(row);
      holds_.push_back({client, At(event.begin_ns), At(left), row.note});
      AddAck(client, events, index, left, sent);
      row = Row{};
      row.ns = At(left);
    }
    row.direction = client ? Direction::kRight : Direction::kLeft;
    row.arrow = Format("{}:{}", sent + 1, sent + event.bytes + 1);
    rows_.push_back(std::move(row));
  }

  /// The acknowledgement that a held write waited for.
  void AddAck(bool client, const std::vector<Event>& events, std::size_t index,
              std::int64_t released, std::uint64_t sent) {
    const auto earlier = std::find_if(
        events.rend() - static_cast<std::ptrdiff_t>(index), events.rend(),
        [](const Event& event) { return Sends(event.kind) && event.acked_ns.has_value(); });
    if (earlier == events.rend() || *earlier->acked_ns > released ||
        released - *earlier->acked_ns > worth_ || *earlier->acked_ns < events[index].begin_ns)
      return;
    const std::int64_t acked = At(*earlier->acked_ns);
    rows_.push_back({acked, "", "", "", client ? Direction::kLeft : Direction::kRight,
                     Format("ack {}", sent + 1)});
    const std::int64_t came = At(earlier->sent_ns.value_or(earlier->end_ns));
    if (acked - came > worth_) holds_.push_back({!client, came, acked, "ACK delayed"});
  }

  /// A read is told where it ends; one that the other end's write filled just before shares its
  /// row.
  void AddRead(bool client, const std::vector<Event>& events, std::size_t index) {
    const Event& event = events[index];
    const bool last = client && index + 1 == events.size();
    const bool waits = index + 1 < events.size() &&
                       events[index + 1].begin_ns - event.end_ns > worth_ &&
                       events[index + 1].kind != StepKind::kSleep;
    const bool slept = index + 1 < events.size() && events[index + 1].kind == StepKind::kSleep;
    const std::int64_t arrived = event.arrived_ns.value_or(event.end_ns);
    const bool woke_late = event.end_ns - arrived > worth_;
    const bool unseen = client && timeline_.server.empty();
    if (unseen) {
      rows_.push_back({At(arrived), "", "", "", Direction::kLeft, Format("{} B", event.bytes)});
    }
    if (last || waits || slept || woke_late || unseen)
      AddCall(client, At(event.end_ns), CallOf(event));
  }

  const Timeline& timeline_;
  std::int64_t zero_, worth_;
  std::vector<Row> rows_;
  std::vector<Hold> holds_;
};

/// Signs of the picture in either character set.
struct Pen {
  std::string_view line, bar, dash, right, left;
};

constexpr Pen kAscii{"|", "#", "-", ">", "<"};
constexpr Pen kUtf8{"│", "█", "─", "▶", "◀"};

class Canvas {
 public:
  Canvas(const Picture& picture, const Style& style)
      : picture_(picture),
        style_(style),
        pen_(style.charset == Charset::kUtf8 ? kUtf8 : kAscii),
        call_width_(style.columns < 70 ? 22 : 26),
        lane_(std::min(kWidestLane, (style.columns - kTimeWidth - call_width_ - 4) / 2)) {}

  [[nodiscard]] std::string Heading(std::string_view heading) const {
    const int client_at = kTimeWidth + 2 + call_width_;
    std::string text = PadRight(Cut(heading, client_at - 4, style_), client_at - 3);
    return text + PadRight("client", lane_ + 1) + "server\n";
  }

  [[nodiscard]] std::string Line(const Row& row) const {
    const std::string time = Format("{:.3f}", static_cast<double>(row.ns) / 1e6);
    std::string left = row.left, right = row.right;
    if (Inline(row)) (left.empty() ? right : left) += "  " + std::string(row.note);
    return Compose(PadLeft(time, kTimeWidth), left, row, row.ns, right);
  }

  /// What stands beside the bars while nothing happens after `row`.
  std::string Silence(const Row& row, std::int64_t to) {
    std::string_view client = NewWordsAt(true, row.ns), server = NewWordsAt(false, row.ns);
    if (Inline(row)) (row.left.empty() ? server : client) = "";
    const std::string blank(kTimeWidth, ' ');
    std::string text =
        Compose(blank, ShownTime(to - row.ns) + " of silence", Row{}, row.ns, std::string(server));
    if (!client.empty()) text += Compose(blank, std::string(client), Row{}, row.ns, "");
    return text;
  }

  [[nodiscard]] std::string More(std::size_t rows) const {
    return Compose(PadLeft(std::string(MarksOf(style_).ellipsis), kTimeWidth),
                   Format("{} more", rows), Row{}, -1, "");
  }

 private:
  /// Is there room for the note beside its call?
  [[nodiscard]] bool Inline(const Row& row) const {
    if (row.note.empty()) return false;
    const int room = row.left.empty() ? RightRoom() : call_width_ - 1;
    return ShownWidth(row.left + row.right) + 2 + ShownWidth(row.note) <= room;
  }

  [[nodiscard]] int RightRoom() const {
    return style_.columns - kTimeWidth - 2 - call_width_ - lane_ - 3;
  }

  /// A hold's words are said in its first silence only.
  std::string_view NewWordsAt(bool client, std::int64_t ns) {
    const Hold* hold = picture_.HoldAt(client, ns);
    if (hold == nullptr || std::ranges::find(said_, hold) != said_.end()) return {};
    said_.push_back(hold);
    return hold->words;
  }

  [[nodiscard]] std::string Lifeline(bool client, std::int64_t ns) const {
    const bool held = picture_.HoldAt(client, ns) != nullptr;
    return held ? Paint(style_, Tone::kBad, pen_.bar) : std::string(pen_.line);
  }

  [[nodiscard]] std::string Arrow(const Row& row) const {
    if (row.direction == Direction::kNone) return std::string(static_cast<std::size_t>(lane_), ' ');
    const int room = lane_ - 3;
    const bool wide = ShownWidth(row.arrow) + 2 <= room;
    const std::string label = wide ? " " + row.arrow + " " : Cut(row.arrow, room, style_);
    const int dashes = lane_ - 1 - ShownWidth(label);
    std::string before, after;
    for (int i = 0; i < dashes; ++i) (i < dashes / 2 ? before : after) += pen_.dash;
    const bool right = row.direction == Direction::kRight;
    return (right ? "" : std::string(pen_.left)) + before + label + after +
           (right ? std::string(pen_.right) : "");
  }

  [[nodiscard]] std::string Compose(const std::string& time, const std::string& left,
                                    const Row& row, std::int64_t ns,
                                    const std::string& right) const {
    std::string line = time + "  " + PadRight(Cut(left, call_width_ - 1, style_), call_width_) +
                       Lifeline(true, ns) + Arrow(row) + Lifeline(false, ns);
    if (!right.empty()) line += " " + Cut(right, RightRoom(), style_);
    return line + "\n";
  }

  const Picture& picture_;
  const Style& style_;
  Pen pen_;
  int call_width_, lane_;
  std::vector<const Hold*> said_;
};

}  // namespace

std::string_view HoldWords(const Attribution& share) {
  struct Part {
    std::int64_t ns;
    std::string_view words;
  };
  const std::array<Part, 5> parts{{{share.nagle_ns + share.delayed_ack_ns, "held by Nagle"},
                                   {share.cork_ns, "held by cork"},
                                   {share.pacing_ns, "paced"},
                                   {share.window_ns, "window closed"},
                                   {share.retransmit_ns, "lost, resent"}}};
  const auto* const most = std::ranges::max_element(parts, {}, &Part::ns);
  return most->ns > 0 ? most->words : "";
}

std::string SequenceText(std::string_view heading, const Timeline& timeline, const Style& style) {
  const Picture picture(timeline);
  Canvas canvas(picture, style);
  std::string text = canvas.Heading(heading);
  const std::vector<Row>& rows = picture.rows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // A long script: its begin and its end say the most.
    if (rows.size() > kMostRows && i == kMostRows / 2) {
      const std::size_t skipped = rows.size() - kMostRows;
      text += canvas.More(skipped);
      i += skipped;
    }
    text += canvas.Line(rows[i]);
    if (i + 1 < rows.size() && rows[i + 1].ns - rows[i].ns > picture.worth())
      text += canvas.Silence(rows[i], rows[i + 1].ns);
  }
  return text;
}

}  // namespace tunewire
