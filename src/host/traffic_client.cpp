#include "host/traffic_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "host/stream_socket.h"

namespace tunewire {
namespace {

constexpr std::size_t kRoom = 256 * 1024;
constexpr std::int64_t kGraceNs = 1'000'000'000;
/// A host that refuses every connection at once would be asked millions of times.
constexpr std::uint64_t kMostFailures = 1000;

}  // namespace

Result<TrafficClient> TrafficClient::Make(const TrafficWish& wish, const SocketAddress& server) {
  Result<Epoll> epoll = Epoll::Make(std::max<std::size_t>(wish.concurrency, 1));
  if (!epoll) return Fail(epoll.error());
  return TrafficClient(wish, server, *std::move(epoll));
}

TrafficClient::TrafficClient(const TrafficWish& wish, const SocketAddress& server, Epoll epoll)
    : wish_(wish),
      server_(server),
      epoll_(std::move(epoll)),
      lanes_(std::max<std::uint32_t>(wish.concurrency, 1)),
      room_(std::max<std::size_t>(kRoom, wish.message_bytes)) {}

TrafficResult TrafficClient::Run() {
  const std::int64_t begun = MonotonicNs();
  deadline_ns_ = begun + std::chrono::nanoseconds(wish_.duration).count();
  for (std::size_t lane = 0; lane < lanes_.size() && !Enough(); ++lane) Open(lane);
  // What is under way when the time is up is not waited for.
  while (!Enough() && MonotonicNs() < deadline_ns_) {
    const std::size_t ready = epoll_.Wait(std::max<std::int64_t>(deadline_ns_ - MonotonicNs(), 0));
    for (std::size_t i = 0; i < ready && !Enough(); ++i) Advance(epoll_.Ready(i).tag);
  }
  result_.seconds =
      static_cast<double>(std::min(MonotonicNs(), deadline_ns_ + kGraceNs) - begun) / 1e9;
  for (Lane& lane : lanes_) Close(lane);
  return result_;
}

bool TrafficClient::Enough() const {
  return (wish_.most > 0 && result_.done >= wish_.most) || result_.failed >= kMostFailures;
}

void TrafficClient::Open(std::size_t lane) {
  int os_error = 0;
  Lane fresh;
  fresh.begun_ns = MonotonicNs();
  fresh.fd = BeginConnect(server_, nullptr, {}, os_error);
  if (!fresh.fd.valid() || !epoll_.Add(fresh.fd.get(), lane)) {
    Drop(lane, fresh.fd.valid() ? errno : os_error);
    return;
  }
  lanes_[lane] = std::move(fresh);
}

/// One step further as far as the socket lets it. An event of a lane's earlier socket does no harm:
/// the new one then has nothing to give or take yet.
void TrafficClient::Advance(std::size_t lane) {
  Lane& now = lanes_[lane];
  if (!now.fd.valid()) return;
  if (wish_.kind == TrafficKind::kBulk) {
    Push(now);
    return;
  }
  for (;;) {
    if (now.sent < wish_.message_bytes) {
      if (const int error = Send(now); error == EAGAIN)
        return;
      else if (error != 0)
        return Drop(lane, error);
    }
    if (const int error = Receive(now); error == EAGAIN)
      return;
    else if (error != 0)
      return Drop(lane, error);
    Finish(lane);
    if (!now.fd.valid() || Enough() || MonotonicNs() >= deadline_ns_) return;
  }
}

void TrafficClient::Push(Lane& lane) {
  while (MonotonicNs() < deadline_ns_) {
    const std::int64_t sent = SendSome(lane.fd.get(), room_.data(), room_.size());
    if (sent == -EAGAIN) return;
    if (sent <= 0) {
      ++result_.failed;
      ++result_.errors[static_cast<int>(-sent)];
      Close(lane);
      return;
    }
  }
}

int TrafficClient::Send(Lane& lane) {
  while (lane.sent < wish_.message_bytes) {
    const std::int64_t sent =
        SendSome(lane.fd.get(), room_.data(), wish_.message_bytes - lane.sent);
    if (sent <= 0) return static_cast<int>(-sent);
    lane.sent += static_cast<std::uint32_t>(sent);
  }
  return 0;
}

int TrafficClient::Receive(Lane& lane) {
  while (lane.received < wish_.message_bytes) {
    const std::int64_t got = ReceiveSome(lane.fd.get(), room_);
    if (got == 0) return ECONNRESET;
    if (got < 0) return static_cast<int>(-got);
    lane.received += static_cast<std::uint32_t>(got);
  }
  return 0;
}

void TrafficClient::Finish(std::size_t lane) {
  Lane& now = lanes_[lane];
  const std::int64_t end = MonotonicNs();
  ++result_.done;
  result_.latency.Record(end - now.begun_ns);
  now.sent = now.received = 0;
  now.begun_ns = end;
  if (wish_.kind != TrafficKind::kConnections) return;
  Close(now);
  if (!Enough() && end < deadline_ns_) Open(lane);
}

void TrafficClient::Drop(std::size_t lane, int os_error) {
  ++result_.failed;
  ++result_.errors[os_error];
  Close(lanes_[lane]);
  // A refusal that comes at once would come again: the lane stays closed.
}

void TrafficClient::Close(Lane& lane) {
  if (!lane.fd.valid()) return;
  if (wish_.closing == Closing::kReset) {
    const linger reset{1, 0};
    ::setsockopt(lane.fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  lane.fd = UniqueFd();
}

}  // namespace tunewire
