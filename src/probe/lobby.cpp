#include "probe/lobby.h"

#include <algorithm>

#include "probe/grant.h"
#include "tunewire/host/sockets_now.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{100};

}  // namespace

void Lobby::Admit(UniqueFd fd, const SocketAddress& peer) {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() >= kMost) {
    waiting_.erase(waiting_.begin());
    ++turned_;
  }
  Arrival& arrival = waiting_.emplace_back();
  arrival.fd = std::move(fd);
  arrival.peer = peer;
  arrival.until = After(kHelloPatience);
  arrived_.notify_all();
}

std::vector<int> Lobby::Descriptors() const {
  const std::scoped_lock lock(mutex_);
  std::vector<int> fds;
  fds.reserve(kMost + 1);
  for (const Arrival& arrival : waiting_) fds.push_back(arrival.fd.get());
  return fds;
}

// Up to the end of the header, then up to the end of what it announces: never a byte more.
Lobby::State Lobby::ReadOne(Arrival& arrival) {
  std::size_t wanted = kHeaderBytes;
  for (;;) {
    if (arrival.have >= kHeaderBytes) {
      const auto header = DecodeHeader(std::span(arrival.said).first<kHeaderBytes>());
      if (!header) return State::kOver;
      // Of another version only the header is known: that is enough to refuse it.
      if (header->version != kFrameVersion) return State::kSaidHello;
      if (header->type != FrameType::kHello || header->length > kMostHelloPayload) {
        return State::kOver;
      }
      wanted = kHeaderBytes + header->length;
      if (arrival.have == wanted) return State::kSaidHello;
    }
    const auto room = std::span(arrival.said).subspan(arrival.have, wanted - arrival.have);
    const Result<std::size_t> got = ReceiveNow(arrival.fd.get(), room);
    if (!got) return State::kOver;
    if (*got == 0) return State::kWaiting;
    arrival.have += *got;
  }
}

std::vector<Greeting> Lobby::Read() {
  const std::scoped_lock lock(mutex_);
  const Deadline now = steady_clock::now();
  std::vector<Greeting> greetings;
  for (Arrival& arrival : waiting_) {
    const State state = arrival.until <= now ? State::kOver : ReadOne(arrival);
    if (state == State::kWaiting) continue;
    if (state == State::kOver) {
      ++turned_;
    } else {
      const std::span<const std::byte> said(arrival.said.data(), arrival.have);
      const FrameHeader header = DecodeHeader(said.first<kHeaderBytes>()).value();
      Result<Hello> hello = Fail(OtherVersion(header.version));
      if (header.version == kFrameVersion) hello = DecodeHello(said.subspan(kHeaderBytes));
      greetings.push_back({std::move(arrival.fd), arrival.peer, header, std::move(hello)});
    }
    arrival.fd.Reset();
  }
  std::erase_if(waiting_, [](const Arrival& arrival) { return !arrival.fd.valid(); });
  return greetings;
}

UniqueFd Lobby::TakeSilent(const SocketAddress& host, std::uint16_t port) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Arrival& arrival) {
    return arrival.have == 0 && arrival.peer.port() == port && arrival.peer.SameHost(host);
  });
  if (found == waiting_.end()) return {};
  UniqueFd fd = std::move(found->fd);
  waiting_.erase(found);
  return fd;
}

UniqueFd Lobby::Claim(const SocketAddress& host, std::uint16_t port, Deadline deadline,
                      const std::function<bool()>& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (UniqueFd fd = TakeSilent(host, port); fd.valid()) return fd;
    if (steady_clock::now() >= deadline) return {};
    arrived_.wait_until(lock, std::min(deadline, After(kSlice)));
    lock.unlock();  // `stop` is a stranger: never under our lock
    if (stop()) return {};
    lock.lock();
  }
}

std::uint64_t Lobby::Turned() const {
  const std::scoped_lock lock(mutex_);
  return turned_;
}

}  // namespace tunewire
