// Signs of real sockets on loopback: labelled troubles show theirs, healthy traffic does not.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback_sockets.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

using loopback::CookieOfFd;
using loopback::LocalOf;
using loopback::Pair;

// A busy machine may keep us away for longer than a delayed ACK lasts: each trouble gets its tries.
constexpr int kTries = 50;

void Set(int fd, int option, int value) {
  REQUIRE(::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value) == 0);
}

void Send(int fd, std::size_t bytes) {
  const std::string text(bytes, 'x');
  REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes));
}

void Receive(int fd, std::size_t bytes) {
  std::string text(bytes, ' ');
  REQUIRE(::recv(fd, text.data(), text.size(), MSG_WAITALL) == static_cast<ssize_t>(bytes));
}

class Looker {
 public:
  Looker() : source_(LinuxSockets()) { REQUIRE(source_.has_value()); }

  SocketInfo At(int fd) {
    const std::uint64_t cookie = CookieOfFd(fd);
    const SocketFilter filter{.states = kConnections, .port = LocalOf(fd).port};
    std::optional<SocketInfo> found;
    const auto dump = (*source_)->Dump(filter, [&](std::span<const std::byte> raw) {
      auto socket = DecodeSocket(raw);
      if (socket && socket->cookie == cookie) found = *std::move(socket);
    });
    REQUIRE(dump.has_value());
    REQUIRE(found.has_value());
    return *found;
  }

  bool Shows(int fd, Sign sign) {
    return ((SignsOf(At(fd), std::nullopt) >> static_cast<unsigned>(sign)) & 1U) != 0;
  }

 private:
  Result<std::unique_ptr<SocketSource>> source_;
};

bool SeenInTries(const std::function<bool()>& seen) {
  for (int at = 0; at < kTries; ++at) {
    if (seen()) return true;
    ::poll(nullptr, 0, 5);
  }
  return false;
}

/// Fills a connection that nobody reads.
void Fill(int fd) {
  REQUIRE(::fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  const std::string text(65536, 'x');
  for (int at = 0; at < 10000; ++at) {
    if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
  }
  FAIL("a connection that nobody reads took everything");
}

/// Exchanges of 100 bytes until the peer closes.
void Echo(int fd) {
  std::array<char, 100> bytes{};
  while (::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL) == 100) {
    if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != 100) return;
  }
}

}  // namespace

TEST_CASE("live signs: the second of two small writes is held while the reader delays its ACK") {
  const Pair pair;
  Looker looker;
  CHECK(SeenInTries([&] {
    Set(pair.server.get(), TCP_QUICKACK, 0);  // as after an answer
    Send(pair.client.get(), 100);
    Send(pair.client.get(), 100);
    const SocketInfo socket = looker.At(pair.client.get());
    const SignSet signs = SignsOf(socket, std::nullopt);
    Receive(pair.server.get(), 200);
    return ((signs >> static_cast<unsigned>(Sign::kHeldSmall)) & 1U) != 0 &&
           socket.tcp.notsent_bytes == 100U;
  }));
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kHeldSmall));
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kCorked));
}

TEST_CASE("live signs: with TCP_NODELAY nothing is held") {
  const Pair pair;
  Looker looker;
  Set(pair.client.get(), TCP_NODELAY, 1);
  for (int at = 0; at < 5; ++at) {
    Set(pair.server.get(), TCP_QUICKACK, 0);
    Send(pair.client.get(), 100);
    Send(pair.client.get(), 100);
    CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kHeldSmall));
    Receive(pair.server.get(), 200);
  }
}

TEST_CASE("live signs: a cork that is left open") {
  const Pair pair;
  Looker looker;
  Set(pair.client.get(), TCP_CORK, 1);
  CHECK(SeenInTries([&] {
    Send(pair.client.get(), 100);
    return looker.Shows(pair.client.get(), Sign::kCorked) &&
           looker.Shows(pair.client.get(), Sign::kPersistOpen);
  }));
  Set(pair.client.get(), TCP_CORK, 0);
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kCorked));
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kPersistOpen));
}

TEST_CASE("live signs: a reader that sleeps") {
  const Pair pair;
  Looker looker;
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kPeerWindowZero));
  Fill(pair.client.get());
  CHECK(SeenInTries([&] { return looker.Shows(pair.server.get(), Sign::kReaderBehind); }));
  CHECK(SeenInTries([&] { return looker.Shows(pair.client.get(), Sign::kSendBufferFull); }));
  CHECK(SeenInTries([&] { return looker.Shows(pair.client.get(), Sign::kPeerWindowZero); }));
  CHECK(SeenInTries([&] { return looker.Shows(pair.server.get(), Sign::kOwnWindowZero); }));
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kPersistOpen));
  CHECK_FALSE(looker.Shows(pair.client.get(), Sign::kHeldSmall));
}

TEST_CASE("live signs: an ACK is due while the reader has not answered") {
  const Pair pair;
  Looker looker;
  CHECK(SeenInTries([&] {
    ::poll(nullptr, 0, 10);  // the answer's jiffy is over
    Set(pair.server.get(), TCP_QUICKACK, 0);
    Send(pair.client.get(), 100);
    Receive(pair.server.get(), 100);
    ::poll(nullptr, 0, 10);
    const bool pending = looker.Shows(pair.server.get(), Sign::kAckPending) &&
                         looker.Shows(pair.server.get(), Sign::kOwesReply);
    Send(pair.server.get(), 100);
    Receive(pair.client.get(), 100);
    return pending;
  }));
}

TEST_CASE("live signs: lively exchanges are hardly ever called held, even without TCP_NODELAY") {
  for (const int nodelay : {1, 0}) {
    Pair pair;
    Set(pair.client.get(), TCP_NODELAY, nodelay);
    Set(pair.server.get(), TCP_NODELAY, nodelay);
    std::thread server([&] { Echo(pair.server.get()); });
    std::atomic<bool> done = false;
    std::thread client([&] {
      std::array<char, 100> bytes{};
      while (!done) {
        if (::send(pair.client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != 100) break;
        if (::recv(pair.client.get(), bytes.data(), bytes.size(), MSG_WAITALL) != 100) break;
      }
      ::shutdown(pair.client.get(), SHUT_WR);
    });
    Looker looker;
    int held = 0;
    for (int look = 0; look < 50; ++look) {
      held += looker.Shows(pair.client.get(), Sign::kHeldSmall) ? 1 : 0;
      held += looker.Shows(pair.server.get(), Sign::kHeldSmall) ? 1 : 0;
    }
    done = true;
    client.join();
    server.join();
    CHECK(held <= 5);
  }
}

}  // namespace tunewire
