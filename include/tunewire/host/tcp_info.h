// What the kernel says of one TCP connection: TCP_INFO, or sock_diag's INET_DIAG_INFO.
#pragma once

#include <cstdint>
#include <optional>

namespace tunewire {

/// Fields of include/uapi/linux/tcp.h under their names without "tcpi_". A field beyond what the
/// kernel sent is absent. Times are microseconds unless said, rates bytes a second.
struct TcpInfo {
  std::optional<std::uint8_t> state, ca_state, retransmits, probes, backoff, options;
  std::optional<std::uint8_t> snd_wscale, rcv_wscale;
  std::optional<bool> delivery_rate_app_limited;
  std::optional<std::uint32_t> rto, ato, snd_mss, rcv_mss;
  std::optional<std::uint32_t> unacked, sacked, lost, retrans;                 ///< segments
  std::optional<std::uint32_t> last_data_sent, last_data_recv, last_ack_recv;  ///< ms ago
  std::optional<std::uint32_t> pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss;
  std::optional<std::uint32_t> reordering, rcv_rtt, rcv_space, total_retrans;
  std::optional<std::uint64_t> pacing_rate, max_pacing_rate;  ///< absent where unlimited
  std::optional<std::uint64_t> bytes_acked, bytes_received;
  std::optional<std::uint32_t> segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in;
  std::optional<std::uint32_t> data_segs_out;
  std::optional<std::uint64_t> delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
  std::optional<std::uint32_t> delivered, delivered_ce;
  std::optional<std::uint64_t> bytes_sent, bytes_retrans;
  std::optional<std::uint32_t> dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd, rehash;
  std::optional<std::uint16_t> total_rto, total_rto_recoveries;
  std::optional<std::uint32_t> total_rto_time;  ///< ms

  bool operator==(const TcpInfo&) const = default;
};

}  // namespace tunewire
