// What a client makes of something that is no probe server, or not the right one.
#include <doctest/doctest.h>

#include <functional>

#include "tunewire/host/sockets_now.h"
#include "unit/probe/serve_aids.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

/// Listens on a loopback port and does `act` with the first connection; then keeps it until the
/// end.
class FakePeer {
 public:
  explicit FakePeer(std::function<void(int fd)> act)
      : listener_(ListenTcp(ResolveHost({"127.0.0.1", 0}).value().front(), 8).value()),
        port_(LocalAddressOf(listener_.get()).value().port()),
        thread_([this, act = std::move(act)] {
          SocketAddress peer;
          const auto fd = AcceptTcp(listener_.get(), milliseconds(10000), peer);
          if (!fd || !fd->valid()) return;
          act(fd->get());
          // Until the client has gone, so that it is never our end that it sees.
          Soon([&] { return PeerHasClosed(fd->get()); });
        }) {}
  ~FakePeer() { thread_.join(); }

  [[nodiscard]] std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  UniqueFd listener_;
  std::uint16_t port_;
  std::thread thread_;
};

void Send(int fd, std::span<const std::byte> bytes) {
  static_cast<void>(SendAll(fd, bytes.data(), bytes.size(), milliseconds(5000)));
}

FrameHeader ReadHello(int fd) {
  std::array<std::byte, kHeaderBytes> bytes{};
  REQUIRE(ReceiveAll(fd, bytes.data(), bytes.size(), milliseconds(5000)));
  const FrameHeader header = DecodeHeader(bytes).value();
  Bytes payload(header.length);
  REQUIRE(ReceiveAll(fd, payload.data(), payload.size(), milliseconds(5000)));
  return header;
}

Error ErrorAgainst(const std::function<void(int fd)>& act) {
  const FakePeer peer(act);
  const auto ends = RemoteEnds(peer.Address());
  REQUIRE_FALSE(ends);
  CHECK(ends.error().message.find(peer.Address()) != std::string::npos);
  return ends.error();
}

}  // namespace

TEST_CASE("nobody listens, no such name, no such address") {
  std::uint16_t port = 0;
  {
    const UniqueFd taken = ListenTcp(ResolveHost({"127.0.0.1", 0}).value().front(), 1).value();
    port = LocalAddressOf(taken.get()).value().port();
  }
  const auto refused = RemoteEnds("127.0.0.1:" + std::to_string(port));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "refused");
  const auto nowhere = RemoteEnds("no-such-host.invalid:7411");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().kind == ErrorKind::kNotFound);
  CHECK(RemoteEnds("127.0.0.1:0").error().kind == ErrorKind::kUsage);
  CHECK(RemoteEnds("127.0.0.1:x").error().kind == ErrorKind::kUsage);
}

TEST_CASE("a server of another kind is told from a probe's") {
  const Error ssh = ErrorAgainst(
      [](int fd) { Send(fd, std::as_bytes(std::span("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))); });
  CHECK(ssh.code == "not_a_peer");
  CHECK(ssh.hint.find("probe serve") != std::string::npos);
}

TEST_CASE("a server that says nothing is not waited for for ever") {
  CHECK(ErrorAgainst([](int) {}).code == "not_a_peer");
}

TEST_CASE("a server of another version says so, and is believed at once") {
  const auto refuses = [](int fd) {
    const FrameHeader hello = ReadHello(fd);
    Bytes frame = EncodeRefusal(hello.nonce, {RefusalReason::kVersion, "this server speaks 2"});
    frame[5] = std::byte{2};
    Send(fd, frame);
  };
  const Error error = ErrorAgainst(refuses);
  CHECK(error.code == "peer_version");
  CHECK(error.kind == ErrorKind::kUnsupported);
  CHECK(error.message.find("version 2") != std::string::npos);
}

TEST_CASE("an answer to somebody else's hello is no welcome") {
  const Error error = ErrorAgainst([](int fd) {
    const FrameHeader hello = ReadHello(fd);
    Send(fd, EncodeHelloOk(hello.nonce + 1, {.nonce = 1, .session_ms = 60000, .idle_ms = 5000}));
  });
  CHECK(error.code == "malformed_frame");
}

TEST_CASE("a length of gigabytes is not allocated") {
  const Error error = ErrorAgainst([](int fd) {
    const FrameHeader hello = ReadHello(fd);
    Bytes frame = EncodeHelloOk(hello.nonce, {});
    frame[8] = std::byte{0x7f};
    Send(fd, frame);
  });
  CHECK(error.code == "malformed_frame");
}

}  // namespace tunewire
