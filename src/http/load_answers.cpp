// What comes back on a connection of the load client.
#include <cerrno>

#include "http/load_worker.h"

namespace tunewire {
namespace {

using State = LoadConnection::State;

// A connection with much to read lets the others have their turn after so many full buffers.
constexpr int kMostReads = 64;
constexpr std::int64_t kSlowNs = 35'000'000;

HttpError ReadErrorOf(std::int64_t os_error) {
  return os_error == ECONNRESET || os_error == EPIPE ? HttpError::kReset : HttpError::kOther;
}

}  // namespace

void LoadWorker::Read(LoadConnection& one, bool hung_up) {
  if (one.state == State::kEnding) {
    if (!hung_up) return;
    not_closed_in_a_row_ = 0;
    return Reopen(one, MonotonicNs());
  }
  const std::uint32_t generation = one.generation;
  for (int i = 0; i < kMostReads; ++i) {
    std::optional<std::int64_t> arrived;
    const std::int64_t got = Receive(one, arrived);
    const std::int64_t now = MonotonicNs();
    if (got == -EAGAIN) return ContinueIfFree(one, now);
    if (got == -EINTR) continue;
    if (got <= 0) {
      return PeerGone(one, got == 0 ? HttpError::kClosedEarly : ReadErrorOf(-got), now);
    }
    const auto size = static_cast<std::size_t>(got);
    if (!Take(one, {room_.data(), size}, now, arrived, hung_up)) return;
    if (one.generation != generation || one.state != State::kOpen) return;
    // Less than there was room for: the socket is empty, unless the peer's end is behind it.
    if (size < room_.size() && !hung_up) return;
  }
  AgainLater(one);
}

std::int64_t LoadWorker::Receive(LoadConnection& one, std::optional<std::int64_t>& arrived) {
  const bool stamped =
      spec_.pieces > 0 && one.count > 0 && PendingOf(one, 0).ordinal < spec_.pieces;
  const std::int64_t got =
      stamped ? ReceiveStamped(one.fd.get(), room_, arrived) : ReceiveSome(one.fd.get(), room_);
  if (got > 0) tally_->bytes_received += static_cast<std::uint64_t>(got);
  if (spec_.quickack) AcknowledgeNow(one.fd.get());
  return got;
}

void LoadWorker::ContinueIfFree(LoadConnection& one, std::int64_t now) {
  if (one.count == 0 && !one.parked && one.state == State::kOpen) Continue(one, now);
}

/// False where the connection is not to be read on.
bool LoadWorker::Take(LoadConnection& one, std::string_view bytes, std::int64_t now,
                      std::optional<std::int64_t> arrived, bool hung_up) {
  if (one.count == 0) {
    // Nobody asked: this connection cannot be trusted with another request.
    Close(one);
    one.forced = spec_.keep_alive;
    return false;
  }
  while (!bytes.empty()) {
    if (!one.reader.started()) one.first_byte_ns = now;
    const std::size_t taken = one.reader.Feed(bytes.data(), bytes.size());
    one.answer_bytes += taken;
    if (spec_.pieces > 0) KeepPiece(one, taken, now, arrived);
    bytes.remove_prefix(taken);
    if (one.reader.failed()) {
      FinishFirst(one, one.reader.error(), now);
      one.forced = spec_.keep_alive;
      Reopen(one, now);
      return false;
    }
    if (!one.reader.done()) break;
    if (!TakeAnswer(one, bytes.size(), now, hung_up)) return false;
  }
  // Where the peer's end is behind the answer, the next request waits for a new connection.
  if (one.count < spec_.pipeline && !hung_up) Continue(one, now);
  return true;
}

/// A whole answer, with `left` bytes behind it. False where the connection ends with it.
bool LoadWorker::TakeAnswer(LoadConnection& one, std::size_t left, std::int64_t now, bool hung_up) {
  const bool surplus = left > 0 && one.count == 1;
  // Answered before it was asked to the end: what the server makes of the rest, nobody knows.
  const bool unfinished = one.unsent > (one.count - 1) * request_size_;
  const bool last = surplus || unfinished || !spec_.keep_alive || !one.reader.keep_alive();
  FinishFirst(one, surplus ? HttpError::kSurplus : HttpError::kNone, now);
  if (!last) {
    if (one.count > 0) ExpectNext(one);
    return true;
  }
  one.forced = spec_.keep_alive;
  EndConnection(one, hung_up || surplus || unfinished, now);
  return false;
}

void LoadWorker::KeepPiece(const LoadConnection& one, std::size_t size, std::int64_t now,
                           std::optional<std::int64_t> arrived) {
  const std::uint64_t ordinal = PendingOf(one, 0).ordinal;
  if (ordinal >= spec_.pieces) return;
  HttpPiece piece;
  piece.request = static_cast<std::uint32_t>(ordinal);
  piece.at_ns = now - run_.start_ns;
  if (arrived) piece.arrived_ns = *arrived - run_.start_ns;
  piece.bytes = static_cast<std::uint32_t>(size);
  piece.head = one.reader.body_bytes() == 0;
  tally_->Piece(piece);
}

/// The end of the connection, or of the patience with it, while it was open.
void LoadWorker::PeerGone(LoadConnection& one, HttpError error, std::int64_t now) {
  one.forced = spec_.keep_alive;
  if (one.count == 0) return one.parked ? Close(one) : Reopen(one, now);
  const bool untouched = !one.reader.started();
  if (error == HttpError::kClosedEarly && !untouched) one.reader.FeedEnd();
  PendingRequest& first = PendingOf(one, 0);
  if (one.reader.done()) {
    FinishFirst(one, HttpError::kNone, now);
  } else if (!untouched || one.turn == 0 || !idempotent_ || first.retried) {
    FinishFirst(one, error, now);
  }
  for (std::uint32_t i = 0; i < one.count; ++i) PendingOf(one, i).retried = true;
  Reopen(one, now);
}

void LoadWorker::ExpectNext(LoadConnection& one) {
  one.reader.Expect(spec_.method);
  one.answer_bytes = 0;
  SetDeadline(one, PendingOf(one, 0).begin_ns + timeout_ns_);
}

void LoadWorker::FinishFirst(LoadConnection& one, HttpError error, std::int64_t now) {
  const PendingRequest request = PendingOf(one, 0);
  HttpSample sample;
  const std::int64_t connected = std::max(one.connected_ns, request.begin_ns);
  sample.intended_ns = request.intended_ns - run_.start_ns;
  sample.begin_ns = request.begin_ns - run_.start_ns;
  sample.connected_ns = connected - run_.start_ns;
  sample.end_ns = now - run_.start_ns;
  sample.error = error;
  sample.connection = share_.first + IndexOf(one);
  sample.turn = one.turn;
  const bool answered = one.state == State::kOpen && one.reader.started();
  sample.first_byte_ns = answered ? one.first_byte_ns - run_.start_ns : sample.end_ns;
  if (answered) {
    sample.bytes = one.answer_bytes;
    sample.status = static_cast<std::uint16_t>(one.reader.status());
  }
  tally_->Finish(sample, request.ordinal, share_.rate > 0);
  ++one.tally.requests;
  if (now - request.begin_ns > kSlowNs) ++one.tally.slow;
  if (error == HttpError::kNone) {
    failures_in_a_row_ = 0;
    if (one.turn++ == 0 && !tally_->send_mss) LookAtPath(one);
  }
  one.first = one.first + 1 == spec_.pipeline ? 0 : one.first + 1;
  --one.count;
  --under_way_;
}

void LoadWorker::LookAtPath(const LoadConnection& one) {
  const auto facts = PathFactsOf(one.fd.get());
  if (!facts) return;
  tally_->send_mss = facts->send_mss;
  tally_->min_rtt_ns = std::min(tally_->min_rtt_ns.value_or(facts->min_rtt_ns), facts->min_rtt_ns);
}

}  // namespace tunewire
