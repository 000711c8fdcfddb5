#include "probe/channel.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "probe/grant.h"
#include "tunewire/host/sockets_now.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{100};

Error TooLate(const char* operation) {
  return {.kind = ErrorKind::kIo,
          .code = "timed_out",
          .message = "the peer did not keep up in time",
          .operation = operation,
          .subject = "the peer"};
}

Error Stopped() {
  return {.kind = ErrorKind::kInterrupted, .code = "stopped", .message = "stopped on request"};
}

// Rounded up: a wait of 0 ms in front of the deadline would spin.
milliseconds NextSlice(Deadline deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  return std::clamp(left, milliseconds(0), kSlice);
}

}  // namespace

Deadline After(milliseconds patience) { return steady_clock::now() + patience; }

Error OtherVersion(std::uint16_t version) {
  return {
      .kind = ErrorKind::kUnsupported,
      .code = "peer_version",
      .message = Format("the peer speaks version {} of the probe's protocol, this one speaks {}",
                        version, kFrameVersion),
      .hint = "run the same version of tunewire on both hosts"};
}

Channel::Channel(UniqueFd fd, std::size_t most_payload, std::function<bool()> stop)
    : fd_(std::move(fd)), most_payload_(most_payload), stop_(std::move(stop)) {}

Status Channel::Send(std::span<const std::byte> frame, Deadline deadline) {
  while (!frame.empty()) {
    const Result<std::size_t> sent = SendNow(fd_.get(), frame);
    if (!sent) return Fail(sent.error());
    frame = frame.subspan(*sent);
    if (*sent > 0) continue;
    if (stop_()) return Fail(Stopped());
    if (steady_clock::now() >= deadline) return Fail(TooLate("send"));
    AwaitWritable(fd_.get(), NextSlice(deadline));
  }
  return {};
}

Status Channel::Fill(std::span<std::byte> into, Deadline deadline) {
  while (!into.empty()) {
    const Result<std::size_t> got = ReceiveNow(fd_.get(), into);
    if (!got) return Fail(got.error());
    into = into.subspan(*got);
    if (*got > 0) continue;
    if (stop_()) return Fail(Stopped());
    if (steady_clock::now() >= deadline) return Fail(TooLate("receive"));
    const int fd = fd_.get();
    AwaitAnyReadable({&fd, 1}, NextSlice(deadline));
  }
  return {};
}

Result<Frame> Channel::Receive(Deadline deadline) {
  std::array<std::byte, kHeaderBytes> bytes;
  if (Status got = Fill(bytes, deadline); !got) return Fail(got.error());
  const Result<FrameHeader> header = DecodeHeader(bytes);
  if (!header) return Fail(header.error());
  if (header->version != kFrameVersion) return Fail(OtherVersion(header->version));
  if (header->length > most_payload_) return Fail(MalformedFrame("longer than any wanted here"));
  Frame frame{.header = *header, .payload = Bytes(header->length)};
  if (Status got = Fill(frame.payload, deadline); !got) return Fail(got.error());
  return frame;
}

Result<Bytes> Channel::Expect(FrameType type, std::uint64_t nonce, Deadline deadline) {
  Result<Frame> frame = Receive(deadline);
  if (!frame) return Fail(frame.error());
  if (frame->header.type == FrameType::kRefused) {
    const Result<Refusal> refusal = DecodeRefusal(frame->payload);
    return Fail(refusal ? ErrorOf(*refusal, "the peer") : refusal.error());
  }
  if (frame->header.type == FrameType::kError) {
    Result<Error> error = DecodeError(frame->payload);
    return Fail(error ? std::move(*error) : error.error());
  }
  if (frame->header.type != type) return Fail(MalformedFrame("not the one that was due"));
  if (frame->header.nonce != nonce) return Fail(MalformedFrame("of another session"));
  return std::move(frame->payload);
}

bool Channel::PeerClosed() const { return PeerHasClosed(fd_.get()); }

}  // namespace tunewire
