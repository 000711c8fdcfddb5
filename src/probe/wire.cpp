// The probe's hot loop: one end of a run on its socket, step by step.
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "host/precise_clock.h"
#include "host/socket_errors.h"
#include "host/tcp_options.h"
#include "probe/misuse.h"
#include "probe/player.h"
#include "probe/stamps.h"

namespace tunewire {
namespace {

using std::chrono::nanoseconds;

constexpr const char* kPeer = "the peer";
constexpr std::int64_t kFirstLook = 20'000;  // at the send queue, when its end is awaited
constexpr std::int64_t kLongestLook = 1'000'000;

std::int64_t Nanos(nanoseconds time) { return time.count(); }

bool Waits(const Step& step) {
  return step.kind == StepKind::kRead || step.kind == StepKind::kAwaitAck;
}

std::uint32_t BytesOf(const Step& step) {
  std::uint32_t bytes = 0;
  for (const std::uint32_t size : step.sizes) bytes += size;
  return bytes;
}

bool IsValid(const Step& step) {
  const bool moves_bytes = IsWrite(step.kind) || step.kind == StepKind::kRead;
  const std::size_t most = step.kind == StepKind::kWritev ? kMostPieces : moves_bytes ? 1 : 0;
  const std::size_t least = moves_bytes ? 1 : 0;
  const bool sized = std::all_of(step.sizes.begin(), step.sizes.end(), [](std::uint32_t size) {
    return size >= 1 && size <= kLargestPiece;
  });
  return sized && step.sizes.size() >= least && step.sizes.size() <= most &&
         step.pause.count() >= 0 && step.pause <= kLongestPause;
}

Status CheckScript(const Script& script) {
  const bool usable = !script.empty() && script.size() <= kMostSteps &&
                      std::all_of(script.begin(), script.end(), IsValid);
  if (usable) return {};
  return Fail(Misuse("invalid_pattern", "the script has steps that cannot be run"));
}

Status SetOptions(int fd, const EndOptions& options) {
  Status set;
  if (!options.congestion.empty()) set = SetCongestion(fd, options.congestion);
  if (set && options.delack_max) set = SetDelackMax(fd, *options.delack_max);
  if (set && options.nagle == Nagle::kOff) set = SetNoDelay(fd, Switch::kOn);
  if (set && options.quickack != QuickAck::kOff) set = SetQuickAck(fd, Switch::kOn);
  if (set) set = SetCallPatience(fd, std::chrono::microseconds(Guard::kSlice / 1000));
  return set;
}

}  // namespace

Status Player::Begin() {
  if (Status usable = CheckScript(script_); !usable) return usable;
  if (Status set = SetOptions(fd_, options_); !set) return set;
  std::uint32_t largest = 0;
  for (const Step& step : script_) {
    for (const std::uint32_t size : step.sizes) largest = std::max(largest, size);
  }
  data_.resize(largest);
  look_often_ = std::count_if(script_.begin(), script_.end(), Waits) > 1;
  return record_.Begin();
}

Go Player::Failed(Error error) {
  failed_ = true;
  error_ = std::move(error);
  return Go::kFailed;
}

Go Player::Done(const Status& status) { return status ? Go::kOn : Failed(status.error()); }

Go Player::Again(const char* operation, int os_error, std::int64_t& since) {
  if (os_error != EAGAIN && os_error != EINTR) {
    return Failed(ConnectionError(operation, kPeer, os_error));
  }
  const std::int64_t now = MonotonicNow();
  if (since == 0) since = now;
  return guard_.Look(operation, now, since);
}

Go Player::Write(std::uint32_t size, int flags) {
  std::int64_t since = 0;
  for (std::size_t done = 0; done < size;) {
    const ssize_t sent = ::send(fd_, data_.data(), size - done, flags | MSG_NOSIGNAL);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      since = 0;
    } else if (const Go go = Again("send", errno, since); go != Go::kOn) {
      return go;
    }
  }
  return Go::kOn;
}

Go Player::WriteVector(const Step& step) {
  std::array<iovec, kMostPieces> pieces;
  for (std::size_t i = 0; i < step.sizes.size(); ++i) pieces[i] = {data_.data(), step.sizes[i]};
  msghdr header{};
  header.msg_iov = pieces.data();
  header.msg_iovlen = step.sizes.size();
  std::int64_t since = 0;
  while (header.msg_iovlen > 0) {
    // writev(2), but for the signal that a lost peer would send.
    ssize_t sent = ::sendmsg(fd_, &header, MSG_NOSIGNAL);
    if (sent > 0) {
      since = 0;
    } else if (const Go go = Again("writev", errno, since); go != Go::kOn) {
      return go;
    }
    while (header.msg_iovlen > 0 && sent >= static_cast<ssize_t>(header.msg_iov->iov_len)) {
      sent -= static_cast<ssize_t>(header.msg_iov->iov_len);
      ++header.msg_iov;
      --header.msg_iovlen;
    }
    if (sent > 0) header.msg_iov->iov_len -= static_cast<std::size_t>(sent);
  }
  return Go::kOn;
}

/// Stamps that wait in the error queue count as unread bytes to the kernel, which then sends no ACK
/// when a read or TCP_QUICKACK would let it (tcp_cleanup_rbuf looks for an empty receive queue):
/// they are fetched before every read, or stamping alone would make stalls.
void Player::AwaitData() {
  for (pollfd ready{fd_, POLLIN, 0};;) {
    const int got = ::poll(&ready, 1, static_cast<int>(Guard::kSlice / 1'000'000));
    const bool fetched = record_.FetchStamps();
    if (got <= 0 || !fetched || (ready.revents & ~POLLERR) != 0) return;
  }
}

std::int64_t Player::Receive(std::size_t size) {
  if (!record_.Stamps()) return ::recv(fd_, data_.data(), size, 0);
  AwaitData();
  const StampedRead read = ReceiveStamped(fd_, data_.data(), size);
  if (read.bytes > 0) arrival_ = read.realtime_ns;
  return read.bytes;
}

Go Player::Read(std::uint32_t size) {
  std::int64_t since = 0;
  for (std::size_t done = 0; done < size;) {
    const std::int64_t got = Receive(size - done);
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      since = 0;
      begun_ = true;
      if (options_.quickack == QuickAck::kAlways) SetQuickAck(fd_, Switch::kOn);
    } else if (got == 0) {
      if (end_ == End::kServer && !begun_) return Go::kPeerDone;
      return Failed(PeerGone("recv", kPeer));
    } else if (const Go go = Again("recv", errno, since); go != Go::kOn) {
      return go;
    }
  }
  if (!look_often_) return Go::kOn;
  const std::int64_t now = MonotonicNow();
  return guard_.Look("recv", now, now);
}

Go Player::Rest(std::int64_t until) {
  for (std::int64_t now = MonotonicNow(); now < until; now = MonotonicNow()) {
    if (const Go go = guard_.Look("sleep", now, now); go != Go::kOn) return go;
    SleepUntil(std::min(until, now + Guard::kSlice));
  }
  return Go::kOn;
}

Go Player::AwaitAck() {
  const std::int64_t since = MonotonicNow();
  std::int64_t pause = kFirstLook;
  for (std::int64_t now = since; UnacknowledgedBytes(fd_).value_or(0) > 0; now = MonotonicNow()) {
    if (const Go go = guard_.Look("the peer's acknowledgement", now, since); go != Go::kOn) {
      return go;
    }
    SleepUntil(now + pause);
    pause = std::min(pause * 2, kLongestLook);
  }
  return Go::kOn;
}

Go Player::AwaitEnd() {
  std::byte surplus{};
  std::int64_t since = 0;
  for (;;) {
    const ssize_t got = ::recv(fd_, &surplus, 1, 0);
    if (got == 0) return Go::kPeerDone;
    if (got > 0) {
      return Failed(Misuse("size_mismatch", "the client sends more than both ends agreed on"));
    }
    if (const Go go = Again("recv", errno, since); go != Go::kOn) return go;
    if (guard_.ending()) return Go::kStopped;
  }
}

Go Player::Take(const Step& step) {
  switch (step.kind) {
    case StepKind::kWrite:
      return Write(step.sizes[0], 0);
    case StepKind::kMore:
      return Write(step.sizes[0], MSG_MORE);
    case StepKind::kWritev:
      return WriteVector(step);
    case StepKind::kRead:
      return Read(step.sizes[0]);
    case StepKind::kSleep:
      return Rest(MonotonicNow() + Nanos(step.pause));
    case StepKind::kCork:
      return Done(SetCork(fd_, Switch::kOn));
    case StepKind::kUncork:
      return Done(SetCork(fd_, Switch::kOff));
    case StepKind::kNoDelay:
      return Done(SetNoDelay(fd_, Switch::kOn));
    case StepKind::kNagle:
      return Done(SetNoDelay(fd_, Switch::kOff));
    case StepKind::kAwaitAck:
      return AwaitAck();
  }
  return Go::kOn;
}

Go Player::Exchange(std::uint32_t number) {
  begun_ = false;
  if (record_.Stamps()) return Stamped(number);
  for (const Step& step : script_) {
    if (const Go go = Take(step); go != Go::kOn) return go;
  }
  return Go::kOn;
}

Go Player::Stamped(std::uint32_t number) {
  for (std::uint32_t i = 0; i < script_.size(); ++i) {
    const Step& step = script_[i];
    Event event{step.kind, number, i, BytesOf(step), MonotonicNow()};
    if (const Go go = Take(step); go != Go::kOn) return go;
    event.end_ns = MonotonicNow();
    if (step.kind == StepKind::kRead) event.arrived_ns = arrival_;
    if (IsWrite(step.kind)) {
      const TcpInfo info = TcpInfoOf(fd_);
      event.unacked_segments = info.unacked;
      event.notsent_bytes = info.notsent_bytes;
    }
    record_.Add(event);
  }
  return Go::kOn;
}

}  // namespace tunewire
