#include "host/decode_tcp_info.h"

#include <doctest/doctest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "tunewire/base/unique_fd.h"

namespace tunewire {
namespace {

std::vector<std::byte> Sample() {
  tcp_info kernel{};
  kernel.tcpi_state = 1;
  kernel.tcpi_snd_wscale = 7;
  kernel.tcpi_rcv_wscale = 9;
  kernel.tcpi_delivery_rate_app_limited = 1;
  kernel.tcpi_rtt = 123;
  kernel.tcpi_notsent_bytes = 1000;
  kernel.tcpi_pacing_rate = ~0ULL;
  kernel.tcpi_max_pacing_rate = 5;
  kernel.tcpi_rwnd_limited = 77;
  kernel.tcpi_snd_wnd = 65535;
  std::vector<std::byte> bytes(sizeof kernel);
  std::memcpy(bytes.data(), &kernel, sizeof kernel);
  return bytes;
}

TEST_CASE("tcp_info is read by its fields") {
  const TcpInfo info = DecodeTcpInfo(Sample());
  CHECK(info.state == 1);
  CHECK(info.snd_wscale == 7);
  CHECK(info.rcv_wscale == 9);
  CHECK(info.delivery_rate_app_limited == true);
  CHECK(info.rtt == 123U);
  CHECK(info.unacked == 0U);
  CHECK(info.notsent_bytes == 1000U);
  CHECK_FALSE(info.pacing_rate);  // ~0 means unlimited
  CHECK(info.max_pacing_rate == 5U);
  CHECK(info.rwnd_limited == 77U);
  CHECK(info.snd_wnd == 65535U);
}

TEST_CASE("a field beyond the kernel's length is absent, not zero") {
  const std::vector<std::byte> whole = Sample();
  CHECK_FALSE(DecodeTcpInfo(whole).rcv_wnd);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const TcpInfo info = DecodeTcpInfo({whole.data(), size});
    CHECK(info.rtt.has_value() == (size >= offsetof(tcp_info, tcpi_rtt) + 4));
    CHECK(info.notsent_bytes.has_value() == (size >= offsetof(tcp_info, tcpi_notsent_bytes) + 4));
    CHECK(info.snd_wnd.has_value() == (size == whole.size()));
  }
  CHECK(DecodeTcpInfo({}) == TcpInfo{});
}

TEST_CASE("newer fields stand where the kernel puts them") {
  std::vector<std::byte> bytes(300, std::byte{0});
  const auto put = [&](std::size_t offset, auto value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
  };
  put(232, std::uint32_t{11});
  put(236, std::uint32_t{12});
  put(240, std::uint16_t{13});
  put(242, std::uint16_t{14});
  put(244, std::uint32_t{15});
  const TcpInfo info = DecodeTcpInfo(bytes);
  CHECK(info.rcv_wnd == 11U);
  CHECK(info.rehash == 12U);
  CHECK(info.total_rto == 13);
  CHECK(info.total_rto_recoveries == 14);
  CHECK(info.total_rto_time == 15U);
}

TEST_CASE("a fresh socket of the running kernel is in state CLOSE") {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  REQUIRE(fd.valid());
  std::vector<std::byte> bytes(kTcpInfoRoom);
  auto size = static_cast<socklen_t>(bytes.size());
  REQUIRE(::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, bytes.data(), &size) == 0);
  const TcpInfo info = DecodeTcpInfo({bytes.data(), size});
  CHECK(info.state == 7);
  CHECK(info.rto.value_or(0) > 0);
}

}  // namespace
}  // namespace tunewire
