#include "host/traffic_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "host/stream_socket.h"

namespace tunewire {
namespace {

constexpr std::size_t kRoom = 256 * 1024;
constexpr std::size_t kReadyAtOnce = 256;
constexpr std::int64_t kLookForStopNs = 5'000'000;
constexpr std::uint64_t kListenerTag = ~std::uint64_t{0};

}  // namespace

Result<TrafficServer> TrafficServer::Make(const TrafficWish& wish, const SocketAddress& listen) {
  Result<UniqueFd> listener = ListenTcp(listen, wish.backlog);
  if (!listener) return Fail(listener.error());
  const Result<SocketAddress> address = LocalAddressOf(listener->get());
  if (!address) return Fail(address.error());
  Result<Epoll> epoll = Epoll::Make(kReadyAtOnce);
  if (!epoll) return Fail(epoll.error());
  if (!epoll->Add(listener->get(), kListenerTag))
    return Fail(SystemError("epoll_ctl", address->Text(), errno));
  return TrafficServer(wish, *std::move(epoll), *std::move(listener), *address);
}

TrafficServer::TrafficServer(const TrafficWish& wish, Epoll epoll, UniqueFd listener,
                             SocketAddress address)
    : wish_(wish),
      epoll_(std::move(epoll)),
      listener_(std::move(listener)),
      address_(address),
      room_(std::max<std::size_t>(kRoom, wish.message_bytes)) {}

void TrafficServer::Serve(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
    const std::size_t ready = epoll_.Wait(kLookForStopNs);
    for (std::size_t i = 0; i < ready; ++i) {
      const ReadySocket socket = epoll_.Ready(i);
      if (socket.tag == kListenerTag) {
        Accept();
        continue;
      }
      Peer& peer = peers_[socket.tag];
      if (!peer.fd.valid()) continue;
      if (socket.writable) Answer(peer);
      Read(peer);
      if (!peer.fd.valid()) free_.push_back(socket.tag);
    }
  }
}

void TrafficServer::Accept() {
  for (;;) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return;
    const std::size_t place = free_.empty() ? peers_.size() : free_.back();
    if (!epoll_.Add(fd.get(), place)) continue;
    if (free_.empty()) {
      peers_.emplace_back();
    } else {
      free_.pop_back();
    }
    peers_[place] = {.fd = std::move(fd)};
  }
}

void TrafficServer::Read(Peer& peer) {
  for (;;) {
    const std::int64_t got = ReceiveSome(peer.fd.get(), room_);
    if (got == -EAGAIN) return;
    if (got <= 0) {
      peer.fd = UniqueFd();
      return;
    }
    bytes_ += static_cast<std::uint64_t>(got);
    if (wish_.kind == TrafficKind::kBulk) continue;
    const auto asked = peer.asked + static_cast<std::uint32_t>(got);
    peer.owed += asked / wish_.message_bytes * wish_.message_bytes;
    peer.asked = asked % wish_.message_bytes;
    Answer(peer);
    if (!peer.fd.valid()) return;
  }
}

void TrafficServer::Answer(Peer& peer) {
  while (peer.owed > 0) {
    const std::size_t part = std::min<std::size_t>(peer.owed, room_.size());
    const std::int64_t sent = SendSome(peer.fd.get(), room_.data(), part);
    if (sent == -EAGAIN) return;
    if (sent <= 0) {
      peer.fd = UniqueFd();
      return;
    }
    peer.owed -= static_cast<std::uint32_t>(sent);
  }
}

}  // namespace tunewire
