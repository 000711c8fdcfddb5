#include "http/load_worker.h"

#include <algorithm>
#include <array>

namespace tunewire {
namespace {

using State = LoadConnection::State;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMostEvents = 256;
constexpr std::size_t kRoom = 65536;
constexpr std::size_t kMostInOneWrite = 65536;
// More connects at a time overflow a server's accept queue, and a lost SYN costs a second.
constexpr std::uint32_t kMostOpening = 128;

std::int64_t Nanoseconds(std::chrono::nanoseconds duration) { return duration.count(); }

/// Methods that may be asked again where no byte of an answer came (RFC 9110, 9.2.2).
bool IsIdempotent(std::string_view request) {
  constexpr std::array<std::string_view, 6> kMethods{"GET ",    "HEAD ",    "PUT ",
                                                     "DELETE ", "OPTIONS ", "TRACE "};
  return std::ranges::any_of(kMethods, [&](auto method) { return request.starts_with(method); });
}

std::string Repeated(const std::string& request, std::uint32_t pipeline) {
  const std::size_t fit = std::max<std::size_t>(kMostInOneWrite / request.size(), 1);
  const std::size_t times = std::min<std::size_t>(fit, pipeline);
  std::string all;
  all.reserve(times * request.size());
  for (std::size_t i = 0; i < times; ++i) all += request;
  return all;
}

}  // namespace

Result<std::unique_ptr<LoadWorker>> LoadWorker::Make(LoadRun& run, const LoadShare& share) {
  auto epoll = Epoll::Make(kMostEvents);
  if (!epoll) return Fail(std::move(epoll.error()));
  return std::unique_ptr<LoadWorker>(new LoadWorker(run, share, std::move(*epoll)));
}

LoadWorker::LoadWorker(LoadRun& run, const LoadShare& share, Epoll epoll)
    : run_(run),
      spec_(run.spec),
      share_(share),
      epoll_(std::move(epoll)),
      tally_(std::make_unique<LoadTally>(run.spec.keep, run.spec.pieces)),
      connections_(share.connections),
      pending_(std::size_t{share.connections} * run.spec.pipeline),
      deadlines_(share.connections, kNever),
      room_(kRoom),
      requests_(Repeated(run.spec.request, run.spec.pipeline)),
      request_size_(run.spec.request.size()),
      first_cut_(run.spec.cut == RequestCut::kInTwo ? request_size_ / 2 : 0),
      timeout_ns_(Nanoseconds(run.spec.timeout)),
      tick_ns_(std::clamp(timeout_ns_ / 20, kMillisecond, 10 * kMillisecond)),
      think_ns_(Nanoseconds(run.spec.think)),
      idempotent_(IsIdempotent(run.spec.request)) {
  again_.reserve(share.connections);
  looking_.reserve(share.connections);
  next_.reserve(share.connections);
}

void LoadWorker::Run() {
  next_due_ns_ = DueNs(0);
  while (!run_.stop.load(std::memory_order_relaxed)) {
    const std::int64_t now = MonotonicNs();
    if (now >= run_.end_ns) break;
    StartDue(now);
    exhausted_ = exhausted_ || AllBegun();
    if (exhausted_ && under_way_ == 0) break;
    if (now >= next_tick_ns_) Expire(now);
    ReportProgress();
    const bool idle = again_.empty() && next_.empty();
    const std::int64_t patience = idle ? WakeAt() - MonotonicNs() : 0;
    const std::size_t ready = epoll_.Wait(patience);
    for (std::size_t i = 0; i < ready; ++i) HandleReady(epoll_.Ready(i));
    LookAgain();
    BeginNext();
  }
  Finish();
}

void LoadWorker::StartDue(std::int64_t now) {
  if (unopened_ < connections_.size()) OpenAhead(now);
  WakeRested(resting_, now);
  WakeRested(barred_, now);
  while (!idle_.empty() && next_due_ns_ <= now && !exhausted_) {
    Assign(Unpark(idle_), now);
  }
}

void LoadWorker::OpenAhead(std::int64_t now) {
  while (unopened_ < connections_.size() && opening_ < kMostOpening && !exhausted_) {
    LoadConnection& one = connections_[unopened_++];
    if (!spec_.keep_alive) {
      Assign(one, now);
      continue;
    }
    ++opening_;
    one.first_opening = true;
    Connect(one, now);
  }
}

void LoadWorker::WakeRested(ConnectionQueue& queue, std::int64_t now) {
  while (!queue.empty() && connections_[queue.front()].ready_ns <= now) {
    Assign(Unpark(queue), now);
  }
}

std::int64_t LoadWorker::WakeAt() const {
  std::int64_t at = std::min(next_tick_ns_, run_.end_ns);
  if (!idle_.empty() && !exhausted_) at = std::min(at, next_due_ns_);
  if (!resting_.empty()) at = std::min(at, connections_[resting_.front()].ready_ns);
  return at;
}

void LoadWorker::HandleReady(const ReadySocket& ready) {
  LoadConnection& one = connections_[static_cast<std::uint32_t>(ready.tag)];
  if (one.generation != ready.tag >> 32 || one.state == State::kClosed) return;
  if (one.state == State::kConnecting) {
    const std::int64_t now = MonotonicNs();
    if (ready.failed) return FailConnect(one, HttpErrorOf(TakeSocketError(one.fd.get())), now);
    if (!ready.writable) return;
    Connected(one, now, 0);
  } else if (one.state == State::kOpen && ready.writable && one.unsent > 0) {
    Send(one);
  }
  if (ready.readable && one.state != State::kConnecting) Read(one, ready.hung_up);
}

void LoadWorker::AgainLater(LoadConnection& one) {
  if (one.looked_at_again) return;
  one.looked_at_again = true;
  again_.push_back(IndexOf(one));
}

void LoadWorker::LookAgain() {
  if (again_.empty()) return;
  looking_.swap(again_);
  for (const std::uint32_t index : looking_) {
    LoadConnection& one = connections_[index];
    one.looked_at_again = false;
    if (one.state == State::kOpen) Read(one, true);
  }
  looking_.clear();
}

void LoadWorker::Park(ConnectionQueue& queue, LoadConnection& one) {
  one.parked = true;
  queue.Push(connections_, IndexOf(one));
}

LoadConnection& LoadWorker::Unpark(ConnectionQueue& queue) {
  LoadConnection& one = connections_[queue.Pop(connections_)];
  one.parked = false;
  return one;
}

void LoadWorker::SetDeadline(const LoadConnection& one, std::int64_t at_ns) {
  deadlines_[IndexOf(one)] = at_ns;
}

void LoadWorker::Expire(std::int64_t now) {
  next_tick_ns_ = now + tick_ns_;
  for (std::uint32_t i = 0; i < deadlines_.size(); ++i) {
    if (deadlines_[i] <= now) ExpireOne(connections_[i], now);
  }
}

void LoadWorker::ExpireOne(LoadConnection& one, std::int64_t now) {
  switch (one.state) {
    case State::kConnecting:
      return FailConnect(one, HttpError::kConnectTimeout, now);
    case State::kEnding:
      ++not_closed_in_a_row_;
      return Reopen(one, now);
    case State::kOpen:
      return ExpireRequests(one, now);
    case State::kClosed:
      deadlines_[IndexOf(one)] = kNever;
  }
}

void LoadWorker::ExpireRequests(LoadConnection& one, std::int64_t now) {
  while (one.count > 0 && PendingOf(one, 0).begin_ns + timeout_ns_ <= now) {
    FinishFirst(one, HttpError::kTimeout, now);
    one.reader.Expect(spec_.method);
  }
  Reopen(one, now);
}

/// Threads take turns, so that together they keep an even pace.
std::int64_t LoadWorker::DueNs(std::uint64_t turn) const {
  if (share_.rate <= 0) return 0;
  const double phase = static_cast<double>(share_.index) / share_.of;
  return run_.start_ns +
         static_cast<std::int64_t>((static_cast<double>(turn) + phase) * 1e9 / share_.rate);
}

bool LoadWorker::AllBegun() const {
  return spec_.requests != 0 && run_.tickets.load(std::memory_order_relaxed) >= spec_.requests;
}

bool LoadWorker::TakeTicket(std::uint64_t& ordinal) {
  if (exhausted_) return false;
  ordinal = run_.tickets.fetch_add(1, std::memory_order_relaxed);
  exhausted_ = spec_.requests != 0 && ordinal >= spec_.requests;
  return !exhausted_;
}

bool LoadWorker::Begin(std::int64_t now, PendingRequest& request) {
  const bool paced = share_.rate > 0;
  if (paced && next_due_ns_ > now) return false;
  if (!TakeTicket(request.ordinal)) return false;
  request.intended_ns = paced ? next_due_ns_ : now;
  request.begin_ns = now;
  request.retried = false;
  if (paced) next_due_ns_ = DueNs(++due_turn_);
  return true;
}

PendingRequest& LoadWorker::PendingOf(const LoadConnection& one, std::uint32_t place) {
  std::uint32_t slot = one.first + place;
  if (slot >= spec_.pipeline) slot -= spec_.pipeline;
  return pending_[std::size_t{IndexOf(one)} * spec_.pipeline + slot];
}

void LoadWorker::Continue(LoadConnection& one, std::int64_t now) {
  if (one.parked) return;
  if (think_ns_ == 0 || one.count > 0) {
    one.parked = true;
    next_.push_back(IndexOf(one));
    return;
  }
  one.ready_ns = now + think_ns_;
  Park(resting_, one);
}

void LoadWorker::Assign(LoadConnection& one, std::int64_t now) {
  const std::uint32_t before = one.count;
  while (one.count < spec_.pipeline && Begin(now, PendingOf(one, one.count))) ++one.count;
  if (one.count == before) {
    if (before == 0 && share_.rate > 0 && !exhausted_) Park(idle_, one);
    return;
  }
  under_way_ += one.count - before;
  if (one.state == State::kClosed) return Connect(one, now);
  one.unsent += (one.count - before) * request_size_;
  if (before == 0) ExpectNext(one);
  Send(one);
}

/// All answers of a round are read before the first request of the next goes out: the server is
/// woken once for many, and the time to read the others is not the request's.
void LoadWorker::BeginNext() {
  for (const std::uint32_t index : next_) {
    LoadConnection& one = connections_[index];
    one.parked = false;
    // It may have come to its end since, and goes on when it is open again.
    if (one.state == State::kConnecting || one.state == State::kEnding) continue;
    Assign(one, MonotonicNs());
  }
  next_.clear();
}

void LoadWorker::ReportProgress() {
  const std::uint64_t now = tally_->finished();
  if (now == reported_) return;
  run_.finished.fetch_add(now - reported_, std::memory_order_relaxed);
  reported_ = now;
}

void LoadWorker::Finish() {
  ReportProgress();
  tally_->unfinished = under_way_;
  const std::int64_t end = std::min(MonotonicNs(), run_.end_ns);
  if (share_.rate > 0 && !exhausted_) {
    for (; next_due_ns_ <= end; next_due_ns_ = DueNs(++due_turn_)) ++tally_->unsent;
  }
  const auto open = std::ranges::find(connections_, State::kOpen, &LoadConnection::state);
  if (open != connections_.end()) LookAtPath(*open);
  for (LoadConnection& one : connections_) one.fd.Reset();
}

}  // namespace tunewire
