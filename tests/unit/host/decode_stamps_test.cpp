#include "host/decode_stamps.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <ctime>
#include <random>
#include <vector>

// Takes timespec as known.
#include <linux/errqueue.h>

namespace tunewire {
namespace {

using Bytes = std::vector<std::byte>;

void Append(Bytes& bytes, int level, int type, const void* data, std::size_t size) {
  const std::size_t at = bytes.size();
  bytes.resize(at + CMSG_SPACE(size));
  const std::size_t length = CMSG_LEN(size);
  std::memcpy(bytes.data() + at, &length, sizeof length);
  std::memcpy(bytes.data() + at + 8, &level, sizeof level);
  std::memcpy(bytes.data() + at + 12, &type, sizeof type);
  std::memcpy(bytes.data() + at + CMSG_LEN(0), data, size);
}

Bytes Stamping(std::int64_t seconds, std::int64_t nanoseconds) {
  const timespec stamps[3] = {{seconds, nanoseconds}, {0, 0}, {0, 0}};
  Bytes bytes;
  Append(bytes, SOL_SOCKET, SCM_TIMESTAMPING, stamps, sizeof stamps);
  return bytes;
}

sock_extended_err What(std::uint32_t info, std::uint32_t data) {
  sock_extended_err what{};
  what.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
  what.ee_info = info;
  what.ee_data = data;
  return what;
}

Bytes Sent(const sock_extended_err& what, int level = IPPROTO_IP, int type = IP_RECVERR) {
  Bytes bytes = Stamping(5, 7);
  // The kernel puts an address behind the structure.
  std::vector<std::byte> data(sizeof what + sizeof(sockaddr_in));
  std::memcpy(data.data(), &what, sizeof what);
  Append(bytes, level, type, data.data(), data.size());
  return bytes;
}

TEST_CASE("stamps of the error queue are read, over IPv4 and IPv6") {
  constexpr std::int64_t kWhen = 5'000'000'007;
  CHECK(DecodeSentStamp(Sent(What(SCM_TSTAMP_SCHED, 199))) ==
        KernelStamp{StampKind::kSched, 199, kWhen});
  CHECK(DecodeSentStamp(Sent(What(SCM_TSTAMP_SND, 1199))) ==
        KernelStamp{StampKind::kSent, 1199, kWhen});
  CHECK(DecodeSentStamp(Sent(What(SCM_TSTAMP_ACK, ~0U), IPPROTO_IPV6, IPV6_RECVERR)) ==
        KernelStamp{StampKind::kAcked, ~0U, kWhen});
  CHECK(DecodeArrivalStamp(Stamping(5, 7)) == kWhen);
}

TEST_CASE("what is no stamp is none") {
  CHECK_FALSE(DecodeSentStamp(Stamping(5, 7)));
  CHECK_FALSE(DecodeSentStamp(Sent(What(3, 1))));  // a kind of a later kernel
  sock_extended_err other = What(SCM_TSTAMP_SND, 1);
  other.ee_origin = SO_EE_ORIGIN_ICMP;
  CHECK_FALSE(DecodeSentStamp(Sent(other)));
  CHECK_FALSE(DecodeSentStamp(Sent(What(SCM_TSTAMP_SND, 1), SOL_SOCKET, 99)));
  CHECK_FALSE(DecodeArrivalStamp(Stamping(0, 0)));  // the hardware's alone
  CHECK_FALSE(DecodeArrivalStamp(Stamping(-1, 0)));
  CHECK_FALSE(DecodeArrivalStamp(Stamping(1, 1'000'000'000)));
  CHECK_FALSE(DecodeArrivalStamp(Stamping(9'100'000'000'000, 0)));
  CHECK_FALSE(DecodeArrivalStamp({}));
}

TEST_CASE("messages that are cut off anywhere are taken as far as they go") {
  const Bytes whole = Sent(What(SCM_TSTAMP_SND, 199));
  const std::size_t least =
      CMSG_SPACE(3 * sizeof(timespec)) + CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(DecodeSentStamp(part).has_value() == (size >= least));
  }
}

TEST_CASE("damaged messages never crash the reader") {
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = Sent(What(SCM_TSTAMP_ACK, 5));
    for (int j = 0; j < 4; ++j) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    bytes.resize(random() % (bytes.size() + 1));
    if (const auto stamp = DecodeSentStamp(bytes)) CHECK(stamp->realtime_ns > 0);
    if (const auto stamp = DecodeArrivalStamp(bytes)) CHECK(*stamp > 0);
  }
}

}  // namespace
}  // namespace tunewire
