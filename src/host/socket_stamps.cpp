#include "host/socket_stamps.h"

#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>

namespace tunewire {
namespace {

// Linux 6.2: counts bytes from the end of what was written so far, not from what was acknowledged.
constexpr unsigned kOptIdTcp = 1U << 16;

constexpr unsigned kPlaces =
    SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

bool Ask(int fd, unsigned flags) {
  return ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
}

std::span<const std::byte> ControlOf(const msghdr& header) {
  return {static_cast<const std::byte*>(header.msg_control), header.msg_controllen};
}

}  // namespace

Status StartStamping(int fd) {
  constexpr unsigned kFlags = kPlaces | SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
                              SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_RX_SOFTWARE;
  // With nothing under way both count from the same byte, so an older kernel does as well.
  if (Ask(fd, kFlags | kOptIdTcp) || (errno == EINVAL && Ask(fd, kFlags))) return {};
  Error error = SystemError("setsockopt SO_TIMESTAMPING", "socket", errno);
  if (error.os_error == EINVAL || error.os_error == ENOPROTOOPT) {
    error.kind = ErrorKind::kUnsupported;
    error.code = "not_supported";
    error.message = "this kernel does not stamp what a TCP socket sends";
  }
  return Fail(std::move(error));
}

void StopStamping(int fd) {
  // What is under way is stamped yet, and must bear its place.
  if (!Ask(fd, kPlaces | kOptIdTcp)) Ask(fd, kPlaces);
}

void StampQueue::Drain(std::vector<KernelStamp>& stamps) {
  for (;;) {
    std::array<mmsghdr, kBatch> messages{};
    for (std::size_t i = 0; i < kBatch; ++i) {
      messages[i].msg_hdr.msg_control = rooms_[i].data();
      messages[i].msg_hdr.msg_controllen = rooms_[i].size();
    }
    const int got = ::recvmmsg(fd_, messages.data(), kBatch, MSG_ERRQUEUE | MSG_DONTWAIT, nullptr);
    for (int i = 0; i < got; ++i) {
      const auto stamp = DecodeSentStamp(ControlOf(messages[static_cast<std::size_t>(i)].msg_hdr));
      if (stamp) stamps.push_back(*stamp);
    }
    if (got < static_cast<int>(kBatch)) return;
  }
}

StampedRead ReceiveStamped(int fd, std::byte* bytes, std::size_t size) {
  alignas(cmsghdr) std::array<std::byte, kStampRoom> room;
  iovec piece{bytes, size};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = room.data();
  header.msg_controllen = room.size();
  StampedRead read;
  read.bytes = ::recvmsg(fd, &header, 0);
  if (read.bytes > 0) read.realtime_ns = DecodeArrivalStamp(ControlOf(header));
  return read;
}

}  // namespace tunewire
