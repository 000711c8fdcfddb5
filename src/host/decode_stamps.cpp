#include "host/decode_stamps.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <ctime>

// Takes timespec as known.
#include <linux/errqueue.h>

namespace tunewire {
namespace {

/// struct cmsghdr without its flexible end.
struct Header {
  std::size_t length = 0;  ///< with this header
  int level = 0;
  int type = 0;
};
static_assert(sizeof(Header) == sizeof(cmsghdr));

template <class T>
std::optional<T> Load(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// The software stamp, the first of three; zero means that there is none.
std::optional<std::int64_t> SoftwareStamp(std::span<const std::byte> data) {
  const auto stamp = Load<timespec>(data);
  constexpr std::int64_t kSecond = 1'000'000'000;
  if (!stamp || stamp->tv_sec < 0 || stamp->tv_nsec < 0 || stamp->tv_nsec >= kSecond) {
    return std::nullopt;
  }
  // Beyond this, nanoseconds since 1970 do not fit: no clock says so.
  if (stamp->tv_sec > 9'000'000'000 || (stamp->tv_sec == 0 && stamp->tv_nsec == 0)) {
    return std::nullopt;
  }
  return stamp->tv_sec * kSecond + stamp->tv_nsec;
}

std::optional<StampKind> KindOf(std::uint32_t info) {
  switch (info) {
    case SCM_TSTAMP_SCHED:
      return StampKind::kSched;
    case SCM_TSTAMP_SND:
      return StampKind::kSent;
    case SCM_TSTAMP_ACK:
      return StampKind::kAcked;
    default:
      return std::nullopt;
  }
}

bool IsExtendedError(const Header& header) {
  return (header.level == IPPROTO_IP && header.type == IP_RECVERR) ||
         (header.level == IPPROTO_IPV6 && header.type == IPV6_RECVERR);
}

bool IsStamping(const Header& header) {
  return header.level == SOL_SOCKET && header.type == SCM_TIMESTAMPING;
}

/// Calls `visit(header, data)` for each whole control message; the first that is cut off ends it.
template <class Visit>
void ForEachMessage(std::span<const std::byte> control, Visit visit) {
  while (const auto header = Load<Header>(control)) {
    const std::size_t length = header->length;
    if (length < CMSG_LEN(0) || length > control.size()) return;
    visit(*header, control.subspan(CMSG_LEN(0), length - CMSG_LEN(0)));
    const std::size_t whole = CMSG_ALIGN(length);
    if (whole >= control.size()) return;
    control = control.subspan(whole);
  }
}

}  // namespace

std::optional<KernelStamp> DecodeSentStamp(std::span<const std::byte> control) {
  std::optional<std::int64_t> when;
  std::optional<sock_extended_err> what;
  ForEachMessage(control, [&](const Header& header, std::span<const std::byte> data) {
    if (IsStamping(header)) when = SoftwareStamp(data);
    if (IsExtendedError(header)) what = Load<sock_extended_err>(data);
  });
  if (!when || !what || what->ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return std::nullopt;
  const std::optional<StampKind> kind = KindOf(what->ee_info);
  if (!kind) return std::nullopt;
  return KernelStamp{*kind, what->ee_data, *when};
}

std::optional<std::int64_t> DecodeArrivalStamp(std::span<const std::byte> control) {
  std::optional<std::int64_t> when;
  ForEachMessage(control, [&](const Header& header, std::span<const std::byte> data) {
    if (IsStamping(header)) when = SoftwareStamp(data);
  });
  return when;
}

}  // namespace tunewire
