#include "host/decode_tcp_info.h"

#include <linux/tcp.h>

#include <cstring>
#include <limits>

namespace tunewire {
namespace {

// Fields that came after the headers this is built with. Nothing moves in this structure: each new
// one stands behind all others.
constexpr std::size_t kRcvWnd = 232;    // Linux 6.2
constexpr std::size_t kRehash = 236;    // Linux 6.2
constexpr std::size_t kTotalRto = 240;  // Linux 6.7
constexpr std::size_t kTotalRtoRecoveries = 242;
constexpr std::size_t kTotalRtoTime = 244;
static_assert(offsetof(tcp_info, tcpi_snd_wnd) + sizeof(std::uint32_t) == kRcvWnd);

constexpr std::size_t kWindowScales = 6;  // two bit fields of four bits each
constexpr std::size_t kFlags = 7;

class Fields {
 public:
  explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  void Take(std::size_t offset, std::optional<T>& field) const {
    if (offset + sizeof(T) > bytes_.size()) return;
    T value{};
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    field = value;
  }

 private:
  std::span<const std::byte> bytes_;
};

void TakeBits(const Fields& from, TcpInfo& info) {
  std::optional<std::uint8_t> scales;
  std::optional<std::uint8_t> flags;
  from.Take(kWindowScales, scales);
  from.Take(kFlags, flags);
  if (scales) {
    info.snd_wscale = static_cast<std::uint8_t>(*scales & 0xF);
    info.rcv_wscale = static_cast<std::uint8_t>(*scales >> 4);
  }
  if (flags) info.delivery_rate_app_limited = (*flags & 1) != 0;
}

void DropUnlimited(std::optional<std::uint64_t>& rate) {
  if (rate == std::numeric_limits<std::uint64_t>::max()) rate.reset();
}

}  // namespace

TcpInfo DecodeTcpInfo(std::span<const std::byte> bytes) {
  const Fields from(bytes);
  TcpInfo info;
  TakeBits(from, info);
#define TUNEWIRE_TAKE(field) from.Take(offsetof(tcp_info, tcpi_##field), info.field)
  TUNEWIRE_TAKE(state);
  TUNEWIRE_TAKE(ca_state);
  TUNEWIRE_TAKE(retransmits);
  TUNEWIRE_TAKE(probes);
  TUNEWIRE_TAKE(backoff);
  TUNEWIRE_TAKE(options);
  TUNEWIRE_TAKE(rto);
  TUNEWIRE_TAKE(ato);
  TUNEWIRE_TAKE(snd_mss);
  TUNEWIRE_TAKE(rcv_mss);
  TUNEWIRE_TAKE(unacked);
  TUNEWIRE_TAKE(sacked);
  TUNEWIRE_TAKE(lost);
  TUNEWIRE_TAKE(retrans);
  TUNEWIRE_TAKE(last_data_sent);
  TUNEWIRE_TAKE(last_data_recv);
  TUNEWIRE_TAKE(last_ack_recv);
  TUNEWIRE_TAKE(pmtu);
  TUNEWIRE_TAKE(rcv_ssthresh);
  TUNEWIRE_TAKE(rtt);
  TUNEWIRE_TAKE(rttvar);
  TUNEWIRE_TAKE(snd_ssthresh);
  TUNEWIRE_TAKE(snd_cwnd);
  TUNEWIRE_TAKE(advmss);
  TUNEWIRE_TAKE(reordering);
  TUNEWIRE_TAKE(rcv_rtt);
  TUNEWIRE_TAKE(rcv_space);
  TUNEWIRE_TAKE(total_retrans);
  TUNEWIRE_TAKE(pacing_rate);
  TUNEWIRE_TAKE(max_pacing_rate);
  TUNEWIRE_TAKE(bytes_acked);
  TUNEWIRE_TAKE(bytes_received);
  TUNEWIRE_TAKE(segs_out);
  TUNEWIRE_TAKE(segs_in);
  TUNEWIRE_TAKE(notsent_bytes);
  TUNEWIRE_TAKE(min_rtt);
  TUNEWIRE_TAKE(data_segs_in);
  TUNEWIRE_TAKE(data_segs_out);
  TUNEWIRE_TAKE(delivery_rate);
  TUNEWIRE_TAKE(busy_time);
  TUNEWIRE_TAKE(rwnd_limited);
  TUNEWIRE_TAKE(sndbuf_limited);
  TUNEWIRE_TAKE(delivered);
  TUNEWIRE_TAKE(delivered_ce);
  TUNEWIRE_TAKE(bytes_sent);
  TUNEWIRE_TAKE(bytes_retrans);
  TUNEWIRE_TAKE(dsack_dups);
  TUNEWIRE_TAKE(reord_seen);
  TUNEWIRE_TAKE(rcv_ooopack);
  TUNEWIRE_TAKE(snd_wnd);
#undef TUNEWIRE_TAKE
  from.Take(kRcvWnd, info.rcv_wnd);
  from.Take(kRehash, info.rehash);
  from.Take(kTotalRto, info.total_rto);
  from.Take(kTotalRtoRecoveries, info.total_rto_recoveries);
  from.Take(kTotalRtoTime, info.total_rto_time);
  DropUnlimited(info.pacing_rate);
  DropUnlimited(info.max_pacing_rate);
  return info;
}

}  // namespace tunewire
