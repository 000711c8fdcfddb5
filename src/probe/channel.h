// Whole frames over one connection, each with a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <span>

#include "probe/frames.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

using Deadline = std::chrono::steady_clock::time_point;

Deadline After(std::chrono::milliseconds patience);

struct Frame {
  FrameHeader header;
  Bytes payload;
};

class Channel {
 public:
  /// `stop` is asked at least every 100 ms of every wait.
  Channel(UniqueFd fd, std::size_t most_payload, std::function<bool()> stop);

  /// Errors: "peer_gone", "timed_out", kInterrupted "stopped".
  Status Send(std::span<const std::byte> frame, Deadline deadline);
  /// All of a frame until then, however slowly it trickles. Errors: as Send; those of DecodeHeader;
  /// "peer_version" for a header of another version; "malformed_frame" for one beyond
  /// `most_payload`.
  Result<Frame> Receive(Deadline deadline);
  /// The same, of this type and session. Errors also: what a refusal or error says in its place;
  /// "malformed_frame" for anything else.
  Result<Bytes> Expect(FrameType type, std::uint64_t nonce, Deadline deadline);

  [[nodiscard]] bool PeerClosed() const;
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] UniqueFd Release() { return std::move(fd_); }

 private:
  Status Fill(std::span<std::byte> into, Deadline deadline);

  UniqueFd fd_;
  std::size_t most_payload_;
  std::function<bool()> stop_;
};

/// Of a header whose version is not ours.
Error OtherVersion(std::uint16_t version);

}  // namespace tunewire
