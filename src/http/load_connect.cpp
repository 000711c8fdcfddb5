// How a connection of the load client comes about, is written to, and ends.
#include <algorithm>
#include <cerrno>

#include "http/load_worker.h"

namespace tunewire {
namespace {

using State = LoadConnection::State;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// After a connect that failed: a dead server is not to be asked as fast as a processor can.
constexpr std::int64_t kBarredNs = 100'000'000;
// How long the server may take to close a connection that both sides said is over. Who closes
// first keeps the port for a minute (TIME_WAIT), and a client runs out of ports sooner.
constexpr std::int64_t kEndingNs = 20'000'000;
constexpr std::uint32_t kMostNotClosed = 3;

bool OursToMend(HttpError error) {
  return error == HttpError::kNoSourcePort || error == HttpError::kNoDescriptor;
}

}  // namespace

HttpError HttpErrorOf(int os_error) {
  switch (os_error) {
    case ECONNREFUSED:
      return HttpError::kConnectRefused;
    case ETIMEDOUT:
      return HttpError::kConnectTimeout;
    case EADDRNOTAVAIL:
      return HttpError::kNoSourcePort;
    case EMFILE:
    case ENFILE:
      return HttpError::kNoDescriptor;
    default:
      return HttpError::kConnectOther;
  }
}

void LoadWorker::Connect(LoadConnection& one, std::int64_t now) {
  const SocketAddress* const source =
      run_.sources.empty() ? nullptr : &run_.sources[source_turn_++ % run_.sources.size()];
  const bool in_two = spec_.cut == RequestCut::kInTwo;
  const StreamOptions options{spec_.mss, in_two ? Nagle::kOn : Nagle::kOff,
                              spec_.pieces > 0 ? ReceiveStamps::kOn : ReceiveStamps::kOff,
                              spec_.quickack};
  one.connect_begin_ns = now;
  int os_error = 0;
  one.fd = BeginConnect(run_.address, source, options, os_error);
  if (!one.fd.valid()) return FailConnect(one, HttpErrorOf(os_error), now);
  ++one.generation;
  one.state = State::kConnecting;
  SetDeadline(one, now + timeout_ns_);
  if (instant_connects_ && one.count > 0 && !in_two) WriteAtOnce(one);
  if (epoll_.Add(one.fd.get(), std::uint64_t{one.generation} << 32 | IndexOf(one))) return;
  one.state = State::kConnecting;
  FailConnect(one, HttpError::kOther, now);
}

/// Within one host the handshake is over when connect(2) returns: asking first would cost a round
/// through epoll.
void LoadWorker::WriteAtOnce(LoadConnection& one) {
  const std::int64_t now = MonotonicNs();
  const std::size_t size = std::min<std::size_t>(one.count * request_size_, requests_.size());
  const std::int64_t sent = SendSome(one.fd.get(), requests_.data(), size);
  if (sent < 0) {
    instant_connects_ = false;
    return;
  }
  tally_->bytes_sent += static_cast<std::uint64_t>(sent);
  Connected(one, now, static_cast<std::uint64_t>(sent));
}

void LoadWorker::Connected(LoadConnection& one, std::int64_t now, std::uint64_t written) {
  one.state = State::kOpen;
  one.connected_ns = now;
  one.turn = 0;
  one.unsent = one.count * request_size_ - written;
  one.send_at = static_cast<std::size_t>(written % request_size_);
  failures_in_a_row_ = 0;
  run_.reached.store(true, std::memory_order_relaxed);
  tally_->Connected(now - one.connect_begin_ns);
  if (one.forced) ++tally_->reconnects;
  one.forced = false;
  if (one.first_opening) --opening_;
  one.first_opening = false;
  if (one.count == 0) {
    SetDeadline(one, kNever);
    return Assign(one, now);
  }
  ExpectNext(one);
  Send(one);
}

void LoadWorker::FailConnect(LoadConnection& one, HttpError error, std::int64_t now) {
  if (one.first_opening) --opening_;
  one.first_opening = false;
  Close(one);
  if (one.count == 0) {
    PendingRequest& request = PendingOf(one, 0);
    request = {now, one.connect_begin_ns, 0, false};
    if (!TakeTicket(request.ordinal)) return;
    ++one.count;
    ++under_way_;
  }
  while (one.count > 0) FinishFirst(one, error, now);
  one.ready_ns = now + kBarredNs;
  Park(barred_, one);
  ++failures_in_a_row_;
  const bool never = !run_.reached.load(std::memory_order_relaxed) && !OursToMend(error);
  if (!never && failures_in_a_row_ < std::max<std::size_t>(20, 2 * connections_.size())) return;
  run_.gave_up = true;
  run_.stop = true;
}

/// How much the next write is to carry: all there is, or one of the two pieces of a request.
std::size_t LoadWorker::PartToSend(const LoadConnection& one) const {
  const auto left =
      static_cast<std::size_t>(std::min<std::uint64_t>(one.unsent, requests_.size() - one.send_at));
  if (first_cut_ == 0) return left;
  const std::size_t end = one.send_at < first_cut_ ? first_cut_ : request_size_;
  return std::min(left, end - one.send_at);
}

void LoadWorker::Send(LoadConnection& one) {
  while (one.unsent > 0) {
    const std::size_t part = PartToSend(one);
    const std::int64_t sent = SendSome(one.fd.get(), requests_.data() + one.send_at, part);
    if (sent == -EAGAIN || sent == -EINTR) return;
    if (sent < 0) {
      // An answer may have come before the end: what it says is read first.
      one.unsent = 0;
      return AgainLater(one);
    }
    tally_->bytes_sent += static_cast<std::uint64_t>(sent);
    one.unsent -= static_cast<std::uint64_t>(sent);
    one.send_at = (one.send_at + static_cast<std::size_t>(sent)) % request_size_;
  }
}

void LoadWorker::Close(LoadConnection& one) {
  one.fd.Reset();
  one.state = State::kClosed;
  one.unsent = 0;
  SetDeadline(one, kNever);
}

/// After an answer that was the connection's last. Requests that wait do not wait for its end.
void LoadWorker::EndConnection(LoadConnection& one, bool hung_up, std::int64_t now) {
  if (hung_up || one.count > 0 || not_closed_in_a_row_ >= kMostNotClosed) return Reopen(one, now);
  one.state = State::kEnding;
  SetDeadline(one, now + kEndingNs);
}

/// Requests that have no answer yet go out again on the new connection.
void LoadWorker::Reopen(LoadConnection& one, std::int64_t now) {
  Close(one);
  if (one.count > 0) return Connect(one, now);
  Continue(one, now);
}

}  // namespace tunewire
