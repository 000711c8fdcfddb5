// Asking the kernel to stamp what a TCP socket writes and reads, and fetching the stamps.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "host/decode_stamps.h"
#include "tunewire/base/result.h"

namespace tunewire {

/// SO_TIMESTAMPING of writes (SCHED, SND, ACK) and reads; bytes are counted from here. Call while
/// nothing is under way. Errors: "not_supported" (kUnsupported).
Status StartStamping(int fd);

/// Nothing more is stamped; what is queued stays readable.
void StopStamping(int fd);

/// Empties the error queue of a socket into `stamps`, never waiting.
class StampQueue {
 public:
  explicit StampQueue(int fd) : fd_(fd) {}
  void Drain(std::vector<KernelStamp>& stamps);

 private:
  static constexpr std::size_t kBatch = 16;
  int fd_;
  std::array<std::array<std::byte, kStampRoom>, kBatch> rooms_{};
};

/// One recv(2) that also brings the time at which its last byte had reached the host.
struct StampedRead {
  std::int64_t bytes = 0;  ///< as recv(2) answers; errno is set where negative
  std::optional<std::int64_t> realtime_ns;
};
StampedRead ReceiveStamped(int fd, std::byte* bytes, std::size_t size);

}  // namespace tunewire
