// Time stamps of a TCP socket as the kernel hands them out in control messages, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tunewire {

/// What a stamp says about a byte that was written.
enum class StampKind {
  kSched,  ///< it went to the queueing discipline: it left TCP (SCM_TSTAMP_SCHED)
  kSent,   ///< it went to the driver: it left the host (SCM_TSTAMP_SND)
  kAcked,  ///< the peer acknowledged it (SCM_TSTAMP_ACK)
};

struct KernelStamp {
  StampKind kind = StampKind::kSched;
  /// Place of the byte in the stream, from 0 where the stamps were asked for, modulo 2^32
  /// (SOF_TIMESTAMPING_OPT_ID_TCP).
  std::uint32_t byte = 0;
  std::int64_t realtime_ns = 0;  ///< CLOCK_REALTIME

  bool operator==(const KernelStamp&) const = default;
};

/// The control messages of one message of the error queue (MSG_ERRQUEUE): an SCM_TIMESTAMPING and
/// the sock_extended_err that says of what. Nothing where either is missing, cut off, empty, of
/// another origin or of a kind unknown here.
std::optional<KernelStamp> DecodeSentStamp(std::span<const std::byte> control);

/// CLOCK_REALTIME at which the last byte that was read had reached the host, from the control
/// messages of a recvmsg(2). Nothing where there is none.
std::optional<std::int64_t> DecodeArrivalStamp(std::span<const std::byte> control);

/// Room for the control messages of either.
inline constexpr std::size_t kStampRoom = 256;

}  // namespace tunewire
