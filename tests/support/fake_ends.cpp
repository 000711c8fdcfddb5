#include "support/fake_ends.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <queue>
#include <utility>

namespace tunewire {
namespace {

using Time = std::int64_t;  ///< nanoseconds

struct Piece {
  std::uint64_t end = 0;  ///< sequence number after its last byte
  bool more = false;
  std::size_t event = 0;
};

struct Host {
  Host(const Script& steps, EndOptions chosen)
      : script(steps), options(std::move(chosen)), nagle(options.nagle == Nagle::kOn) {}

  const Script& script;
  EndOptions options;
  Host* peer = nullptr;
  bool is_client = false;

  std::size_t step = 0;
  std::uint32_t exchange = 0;
  bool blocked = false;
  Time blocked_since = 0;

  bool nagle, corked = false, more = false;
  std::uint64_t written = 0, sent = 0, acked = 0, small_end = 0;
  std::deque<Piece> pieces;  ///< written and not yet acknowledged
  bool persist_armed = false;
  bool fresh_message = true;  ///< nothing of this exchange was sent yet

  std::uint64_t received = 0, consumed = 0, ack_sent = 0;
  int pingpong = 0;
  Time last_received = 0, last_arrival = 0;
  std::uint64_t delack_timer = 0;  ///< 0: not armed

  std::vector<Event> events;
  std::int64_t delayed_acks = 0, loss_probes = 0;
};

class Simulation {
 public:
  Simulation(const FakeKernel& kernel, const RunSpec& spec, const RunWatch& watch, Time start)
      : kernel_(kernel),
        spec_(spec),
        watch_(watch),
        start_(start),
        now_(start),
        client_(spec.traffic.client, spec.traffic.client_options),
        server_(spec.traffic.server, spec.traffic.server_options) {
    client_.peer = &server_;
    server_.peer = &client_;
    client_.is_client = true;
    mss_ = spec.traffic.mss != 0 ? spec.traffic.mss : kernel.mss;
  }

  Result<RunEvidence> Run();
  [[nodiscard]] Time now() const { return now_; }

 private:
  struct Later {
    Time at = 0;
    std::uint64_t order = 0;
    std::function<void()> action;
    bool operator>(const Later& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  void After(Time delay, std::function<void()> action) {
    queue_.push({now_ + delay, order_++, std::move(action)});
  }
  [[nodiscard]] static bool Every(std::uint32_t n, std::uint32_t exchange) {
    return n != 0 && (exchange + 1) % n == 0;
  }

  void Step(Host& host);
  void Next(Host& host, Time delay);
  void EndOfScript(Host& host);
  void EndExchange();
  void Write(Host& host, const tunewire::Step& step);
  void WriteNow(Host& host, const tunewire::Step& step);
  bool Read(Host& host, const tunewire::Step& step);
  bool AwaitAck(Host& host);
  void Wake(Host& host);

  void Push(Host& host, bool force);
  bool HoldsTail(Host& host);
  void Transmit(Host& host, std::uint64_t bytes, bool small_end);
  void Deliver(Host& host, std::uint64_t bytes, Time delay);
  void Arrive(Host& host, std::uint64_t bytes, std::uint64_t ack);
  void Acknowledge(Host& host, std::uint64_t ack);
  void DecideAck(Host& host, Time idle);
  void SendAck(Host& host);
  void ArmPersist(Host& host);
  [[nodiscard]] Time DelayOfAck(const Host& host) const;
  [[nodiscard]] bool Finished();
  EndEvidence EvidenceOf(Host& host);

  const FakeKernel& kernel_;
  const RunSpec& spec_;
  const RunWatch& watch_;
  Time start_, now_;
  Host client_, server_;
  std::uint32_t mss_ = 0;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> queue_;
  std::uint64_t order_ = 0, timers_ = 0;
  bool done_ = false, interrupted_ = false;
  Time intended_ = 0, begun_ = 0, asked_at_ = 0;
  RunEvidence run_;
};

void Simulation::Next(Host& host, Time delay) {
  ++host.step;
  After(delay, [this, &host] { Step(host); });
}

void Simulation::EndOfScript(Host& host) {
  host.step = 0;
  host.fresh_message = true;
  if (host.is_client) {
    EndExchange();
    return;
  }
  ++host.exchange;
  After(0, [this, &host] { Step(host); });
}

void Simulation::EndExchange() {
  const Exchange exchange{intended_, begun_, now_};
  if (run_.exchanges.size() < spec_.keep) run_.exchanges.push_back(exchange);
  run_.latency.Record(now_ - begun_);
  run_.corrected.Record(now_ - intended_);
  if (run_.latency.count() <= kEarly) run_.early.Record(now_ - begun_);
  if (Finished()) {
    done_ = true;
    return;
  }
  const Time rest = std::chrono::nanoseconds{spec_.think}.count();
  const Time interval = std::chrono::nanoseconds{spec_.interval}.count();
  const Time ready = now_ + rest;
  intended_ = interval == 0 ? ready : intended_ + interval;
  After(std::max<Time>(intended_ - now_, rest), [this] {
    ++client_.exchange;
    begun_ = now_;
    Step(client_);
  });
}

bool Simulation::Finished() {
  const std::uint64_t done = run_.latency.count();
  if (spec_.count != 0 && done >= spec_.count) return true;
  if (spec_.duration.count() != 0 &&
      now_ - start_ >= std::chrono::nanoseconds{spec_.duration}.count())
    return true;
  if (!watch_ || now_ - asked_at_ < 100'000'000) return false;
  asked_at_ = now_;
  interrupted_ = watch_(done, std::chrono::nanoseconds{now_ - start_});
  return interrupted_;
}

void Simulation::Step(Host& host) {
  if (host.step >= host.script.size()) {
    EndOfScript(host);
    return;
  }
  const tunewire::Step& step = host.script[host.step];
  const Time call = kernel_.call.count();
  switch (step.kind) {
    case StepKind::kWrite:
    case StepKind::kMore:
    case StepKind::kWritev:
      Write(host, step);
      return;
    case StepKind::kRead:
      if (Read(host, step)) Next(host, call);
      return;
    case StepKind::kAwaitAck:
      if (AwaitAck(host)) Next(host, call);
      return;
    case StepKind::kSleep:
      Next(host, std::chrono::nanoseconds{step.pause}.count());
      return;
    case StepKind::kCork:
      host.corked = true;
      break;
    case StepKind::kUncork:
      host.corked = false;
      break;
    case StepKind::kNoDelay:
      host.nagle = false;
      break;
    case StepKind::kNagle:
      host.nagle = true;
      break;
  }
  Push(host, false);
  Next(host, call);
}

void Simulation::Write(Host& host, const tunewire::Step& step) {
  const bool works =
      !host.is_client && host.fresh_message && Every(kernel_.work_every, host.exchange);
  if (!works) {
    WriteNow(host, step);
    return;
  }
  After(kernel_.work.count(), [this, &host, &step] { WriteNow(host, step); });
}

void Simulation::WriteNow(Host& host, const tunewire::Step& step) {
  std::uint32_t bytes = 0;
  for (const std::uint32_t size : step.sizes) bytes += size;
  Event event;
  event.kind = step.kind;
  event.exchange = host.exchange;
  event.step = static_cast<std::uint32_t>(host.step);
  event.bytes = bytes;
  event.begin_ns = now_;
  event.end_ns = now_ + kernel_.call.count();
  host.events.push_back(event);
  host.written += bytes;
  host.more = step.kind == StepKind::kMore;
  host.pieces.push_back({host.written, host.more, host.events.size() - 1});
  Push(host, false);
  Event& written = host.events.back();
  written.notsent_bytes = static_cast<std::uint32_t>(host.written - host.sent);
  written.unacked_segments = static_cast<std::uint32_t>((host.sent - host.acked + mss_ - 1) / mss_);
  Next(host, kernel_.call.count());
}

bool Simulation::Read(Host& host, const tunewire::Step& step) {
  const std::uint32_t bytes = step.sizes[0];
  if (!host.blocked) host.blocked_since = now_;
  host.blocked = host.received - host.consumed < bytes;
  // Every recv, the ones that bring only a part too, may be followed by TCP_QUICKACK.
  if (host.options.quickack == QuickAck::kAlways) {
    host.pingpong = 0;
    if (host.ack_sent < host.received) SendAck(host);
  }
  if (host.blocked) return false;
  host.consumed += bytes;
  Event event;
  event.kind = step.kind;
  event.exchange = host.exchange;
  event.step = static_cast<std::uint32_t>(host.step);
  event.bytes = bytes;
  event.begin_ns = host.blocked_since;
  event.end_ns = now_ + kernel_.call.count();
  event.arrived_ns = host.last_arrival;
  host.events.push_back(event);
  return true;
}

bool Simulation::AwaitAck(Host& host) {
  host.blocked = host.acked < host.written;
  return !host.blocked;
}

void Simulation::Wake(Host& host) {
  if (host.blocked) Step(host);
}

bool Simulation::HoldsTail(Host& host) {
  if (!host.corked && !host.more) return host.nagle && host.small_end > host.acked;
  if (host.sent == host.acked) ArmPersist(host);
  return true;
}

/// All that may leave goes as one burst (TSO and GRO), the last part of a segment with it.
void Simulation::Push(Host& host, bool force) {
  const std::uint64_t waiting = host.written - host.sent;
  if (waiting == 0) return;
  const std::uint64_t tail = waiting % mss_;
  const bool held = tail != 0 && !force && HoldsTail(host);
  const std::uint64_t bytes = held ? waiting - tail : waiting;
  if (bytes != 0) Transmit(host, bytes, tail != 0 && !held);
}

void Simulation::ArmPersist(Host& host) {
  if (host.persist_armed) return;
  host.persist_armed = true;
  After(kernel_.persist.count(), [this, &host] {
    host.persist_armed = false;
    if (host.sent == host.acked) Push(host, true);
  });
}

void Simulation::Transmit(Host& host, std::uint64_t bytes, bool small_end) {
  host.sent += bytes;
  if (small_end) host.small_end = host.sent;
  Time late = 0;
  const bool paced = spec_.traffic.client_options.congestion.empty()
                         ? kernel_.congestion == "bbr"
                         : spec_.traffic.client_options.congestion == "bbr";
  if (host.is_client && paced && host.fresh_message && Every(kernel_.pace_every, host.exchange)) {
    late = kernel_.pace.count();
  }
  host.fresh_message = false;
  for (const Piece& piece : host.pieces) {
    Event& event = host.events[piece.event];
    if (piece.end > host.sent || event.sched_ns) continue;
    event.sched_ns = now_ + late;
    event.sent_ns = now_ + late + 500;
  }
  if (host.last_received != 0 && now_ - host.last_received < 40'000'000) ++host.pingpong;
  host.ack_sent = host.received;
  host.delack_timer = 0;
  const bool last = host.sent == host.written && host.is_client;
  if (last && Every(kernel_.lose_every, host.exchange)) {
    ++host.loss_probes;
    late += kernel_.loss_probe.count();
  }
  Deliver(host, bytes, late);
}

void Simulation::Deliver(Host& host, std::uint64_t bytes, Time delay) {
  Host& peer = *host.peer;
  const std::uint64_t ack = host.received;
  After(kernel_.delay.count() + delay, [this, &peer, bytes, ack] { Arrive(peer, bytes, ack); });
}

void Simulation::Arrive(Host& host, std::uint64_t bytes, std::uint64_t ack) {
  if (bytes != 0) {
    const Time idle = now_ - host.last_received;
    host.received += bytes;
    host.last_received = now_;
    host.last_arrival = now_;
    DecideAck(host, idle);
  }
  Acknowledge(host, ack);
  if (bytes != 0) Wake(host);
}

void Simulation::Acknowledge(Host& host, std::uint64_t ack) {
  if (ack <= host.acked) return;
  host.acked = ack;
  while (!host.pieces.empty() && host.pieces.front().end <= ack) {
    host.events[host.pieces.front().event].acked_ns = now_;
    host.pieces.pop_front();
  }
  Push(host, false);
  if (host.acked == host.written && host.step < host.script.size() &&
      host.script[host.step].kind == StepKind::kAwaitAck) {
    Wake(host);
  }
}

Time Simulation::DelayOfAck(const Host& host) const {
  if (!host.options.delack_max) return kernel_.delayed_ack.count();
  const Time most = std::chrono::nanoseconds{*host.options.delack_max}.count();
  return std::min<Time>(kernel_.delayed_ack.count(), most + 4'000'000);
}

void Simulation::DecideAck(Host& host, Time idle) {
  const bool more_than_full = host.received - host.ack_sent > mss_;
  const bool rested = kernel_.idle_limit.count() != 0 && idle > kernel_.idle_limit.count();
  const bool quick = host.options.quickack == QuickAck::kAlways;
  if (more_than_full || rested || quick || host.pingpong < kernel_.pingpong_thresh) {
    SendAck(host);
    return;
  }
  if (host.delack_timer != 0) return;
  const std::uint64_t timer = ++timers_;
  host.delack_timer = timer;
  After(DelayOfAck(host), [this, &host, timer] {
    if (host.delack_timer != timer) return;
    ++host.delayed_acks;
    host.pingpong = 0;
    SendAck(host);
  });
}

void Simulation::SendAck(Host& host) {
  host.delack_timer = 0;
  host.ack_sent = host.received;
  Deliver(host, 0, 0);
}

EndEvidence Simulation::EvidenceOf(Host& host) {
  EndEvidence end;
  if (spec_.stamping == Stamping::kOn) {
    std::erase_if(host.events, [](const Event& e) { return e.exchange >= kMostTimelines; });
    std::ranges::stable_sort(host.events, {}, &Event::begin_ns);
    end.events = std::move(host.events);
  }
  if (host.delayed_acks != 0) end.counters.emplace_back("DelayedACKs", host.delayed_acks);
  if (host.loss_probes != 0) end.counters.emplace_back("TCPLossProbes", host.loss_probes);
  end.tcp.min_rtt_ns = 2 * kernel_.delay.count();
  end.tcp.rtt_ns = end.tcp.min_rtt_ns;
  end.tcp.send_mss = mss_;
  end.tcp.congestion =
      host.options.congestion.empty() ? kernel_.congestion : host.options.congestion;
  end.facts = {kernel_.hz, kernel_.pingpong_thresh, kernel_.congestion, "6.18.44", 1};
  return end;
}

Result<RunEvidence> Simulation::Run() {
  run_.spec = spec_;
  intended_ = begun_ = asked_at_ = now_;
  After(0, [this] { Step(server_); });
  After(0, [this] { Step(client_); });
  while (!done_ && !queue_.empty()) {
    const Later next = queue_.top();
    queue_.pop();
    now_ = next.at;
    next.action();
  }
  if (!done_) {
    return Fail({.kind = ErrorKind::kIo, .code = "timed_out", .message = "nothing came for 5 s"});
  }
  run_.elapsed_ns = now_ - start_;
  run_.interrupted = interrupted_;
  run_.client = EvidenceOf(client_);
  if (!kernel_.echoes) run_.server = EvidenceOf(server_);
  return std::move(run_);
}

}  // namespace

Result<RunEvidence> FakeEnds::Run(const RunSpec& spec, const RunWatch& watch) {
  const std::size_t run = specs.size();
  specs.push_back(spec);
  if (before_run) before_run(kernel, run);
  if (const auto error = errors.find(run); error != errors.end()) return Fail(error->second);
  const bool limits =
      spec.traffic.client_options.delack_max || spec.traffic.server_options.delack_max;
  if (limits && !kernel.has_delack_max) {
    return Fail({.kind = ErrorKind::kUnsupported,
                 .code = "not_supported",
                 .message = "this kernel has no TCP_DELACK_MAX_US",
                 .operation = "setsockopt TCP_DELACK_MAX_US"});
  }
  Simulation simulation(kernel, spec, watch, now.count());
  Result<RunEvidence> result = simulation.Run();
  now = std::chrono::nanoseconds{simulation.now()};
  return result;
}

}  // namespace tunewire
