// Traffic, and a hand-made client that may do everything wrong, for tests of the probe's server.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "probe/frames.h"
#include "probe/grant.h"
#include "support/probe_server.h"
#include "tunewire/host/sockets_now.h"

namespace tunewire {

inline Traffic TwoWrites(Nagle nagle) {
  Traffic traffic;
  traffic.pattern = "two_writes";
  traffic.client = {{.kind = StepKind::kWrite, .sizes = {200}},
                    {.kind = StepKind::kWrite, .sizes = {1000}},
                    {.kind = StepKind::kRead, .sizes = {100}}};
  traffic.server = {{.kind = StepKind::kRead, .sizes = {1200}},
                    {.kind = StepKind::kWrite, .sizes = {100}}};
  traffic.client_options.nagle = nagle;
  // The host's may pace (bbr), which is another stall.
  traffic.client_options.congestion = traffic.server_options.congestion = "reno";
  return traffic;
}

inline RunSpec Runs(Nagle nagle, std::uint64_t count) {
  return {.traffic = TwoWrites(nagle), .count = count, .stamping = Stamping::kOn, .keep = count};
}

inline bool GoOn(std::uint64_t, std::chrono::nanoseconds) { return false; }

/// A good client: says whether it was answered.
inline bool GoodClientIsAnswered(const ProbeServer& server) {
  const auto ends = RemoteEnds(server.Address());
  if (!ends) return false;
  const auto run = (*ends)->Run(Runs(Nagle::kOff, 20), GoOn);
  return run && run->latency.count() == 20 && run->server.has_value();
}

template <class Condition>
bool Soon(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// Speaks frames by hand. Every wait ends after 10 s.
class RawClient {
 public:
  explicit RawClient(const ProbeServer& server) : where_(server.Where()), fd_(Connect()) {}

  void Say(std::span<const std::byte> bytes) {
    static_cast<void>(SendAll(fd_.get(), bytes.data(), bytes.size(), kPatience));
  }
  void Say(std::string_view text) { Say(std::as_bytes(std::span(text))); }

  /// The next frame; nothing at the end of the connection.
  std::optional<std::pair<FrameHeader, Bytes>> Hear() {
    std::array<std::byte, kHeaderBytes> bytes;
    if (!ReceiveAll(fd_.get(), bytes.data(), bytes.size(), kPatience)) return {};
    const FrameHeader header = DecodeHeader(bytes).value();
    Bytes payload(header.length);
    if (!ReceiveAll(fd_.get(), payload.data(), payload.size(), kPatience)) return {};
    return std::pair(header, payload);
  }

  /// The server closed it, without a further byte.
  bool Ended() {
    std::byte surplus{};
    const Status got = ReceiveAll(fd_.get(), &surplus, 1, kPatience);
    return !got && got.error().code != "timed_out";
  }

  [[nodiscard]] bool IsClosed() const { return PeerHasClosed(fd_.get()); }

  std::optional<Refusal> HearRefusal() {
    const auto frame = Hear();
    if (!frame || frame->first.type != FrameType::kRefused) return {};
    const auto refusal = DecodeRefusal(frame->second);
    if (!refusal) return {};
    return *refusal;
  }

  /// True where it was welcome; then nonce() is the session's.
  bool SayHello() {
    Say(EncodeHello(kOwnHalf, {"by hand"}));
    const auto frame = Hear();
    if (!frame || frame->first.type != FrameType::kHelloOk) return false;
    nonce_ = SessionNonce(kOwnHalf, DecodeHelloOk(frame->second).value().nonce);
    return true;
  }

  [[nodiscard]] UniqueFd Connect() const {
    Result<UniqueFd> fd = ConnectTcp(where_, {.bind = {}});
    REQUIRE(fd);
    return std::move(*fd);
  }

  [[nodiscard]] static std::uint16_t PortOf(const UniqueFd& fd) {
    return LocalAddressOf(fd.get()).value().port();
  }

  [[nodiscard]] Bytes RunFrame(const RunSpec& spec, std::uint16_t data_port) const {
    return EncodeRun(nonce_,
                     {.spec = spec, .bytes = BytesOf(spec.traffic), .data_port = data_port});
  }

  [[nodiscard]] std::uint64_t nonce() const { return nonce_; }

  static constexpr std::uint64_t kOwnHalf = 0x1122334455667788;
  static constexpr std::chrono::milliseconds kPatience{10000};

 private:
  SocketAddress where_;
  UniqueFd fd_;
  std::uint64_t nonce_ = 0;
};

}  // namespace tunewire
