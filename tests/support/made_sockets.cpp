#include "support/made_sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "sockets/socket_filter.h"

namespace tunewire {
namespace {

// Behind what the headers at hand know, as src/host/decode_tcp_info.cpp has them.
constexpr std::size_t kRcvWnd = 232;
constexpr std::size_t kRehash = 236;
constexpr std::size_t kTotalRto = 240;
constexpr std::size_t kTotalRtoRecoveries = 242;
constexpr std::size_t kTotalRtoTime = 244;

class InfoBytes {
 public:
  template <class T>
  void Put(std::size_t offset, const std::optional<T>& field) {
    if (!field) return;
    Reach(offset + sizeof(T));
    std::memcpy(bytes_.data() + offset, &*field, sizeof(T));
  }

  /// Unlimited where it is absent though fields behind it are there.
  void PutRate(std::size_t offset, const std::optional<std::uint64_t>& rate) {
    if (rate) return Put(offset, rate);
    if (bytes_.size() < offset + sizeof *rate) return;
    Put(offset, std::optional(std::numeric_limits<std::uint64_t>::max()));
  }

  void Reach(std::size_t size) {
    if (bytes_.size() < size) bytes_.resize(size);
  }

  std::vector<std::byte> bytes_;
};

void PutBits(const TcpInfo& tcp, InfoBytes& into) {
  if (!tcp.snd_wscale && !tcp.delivery_rate_app_limited) return;
  const auto scales =
      static_cast<std::uint8_t>(tcp.snd_wscale.value_or(0) | (tcp.rcv_wscale.value_or(0) << 4));
  into.Put(6, std::optional(scales));
  const auto limited = static_cast<std::uint8_t>(tcp.delivery_rate_app_limited.value_or(false));
  if (tcp.delivery_rate_app_limited) into.Put(7, std::optional(limited));
}

std::vector<std::byte> EncodeInfo(const TcpInfo& tcp) {
  InfoBytes into;
  PutBits(tcp, into);
#define TUNEWIRE_PUT(field) into.Put(offsetof(tcp_info, tcpi_##field), tcp.field)
  TUNEWIRE_PUT(state);
  TUNEWIRE_PUT(ca_state);
  TUNEWIRE_PUT(retransmits);
  TUNEWIRE_PUT(probes);
  TUNEWIRE_PUT(backoff);
  TUNEWIRE_PUT(options);
  TUNEWIRE_PUT(rto);
  TUNEWIRE_PUT(ato);
  TUNEWIRE_PUT(snd_mss);
  TUNEWIRE_PUT(rcv_mss);
  TUNEWIRE_PUT(unacked);
  TUNEWIRE_PUT(sacked);
  TUNEWIRE_PUT(lost);
  TUNEWIRE_PUT(retrans);
  TUNEWIRE_PUT(last_data_sent);
  TUNEWIRE_PUT(last_data_recv);
  TUNEWIRE_PUT(last_ack_recv);
  TUNEWIRE_PUT(pmtu);
  TUNEWIRE_PUT(rcv_ssthresh);
  TUNEWIRE_PUT(rtt);
  TUNEWIRE_PUT(rttvar);
  TUNEWIRE_PUT(snd_ssthresh);
  TUNEWIRE_PUT(snd_cwnd);
  TUNEWIRE_PUT(advmss);
  TUNEWIRE_PUT(reordering);
  TUNEWIRE_PUT(rcv_rtt);
  TUNEWIRE_PUT(rcv_space);
  TUNEWIRE_PUT(total_retrans);
  TUNEWIRE_PUT(bytes_acked);
  TUNEWIRE_PUT(bytes_received);
  TUNEWIRE_PUT(segs_out);
  TUNEWIRE_PUT(segs_in);
  TUNEWIRE_PUT(notsent_bytes);
  TUNEWIRE_PUT(min_rtt);
  TUNEWIRE_PUT(data_segs_in);
  TUNEWIRE_PUT(data_segs_out);
  TUNEWIRE_PUT(delivery_rate);
  TUNEWIRE_PUT(busy_time);
  TUNEWIRE_PUT(rwnd_limited);
  TUNEWIRE_PUT(sndbuf_limited);
  TUNEWIRE_PUT(delivered);
  TUNEWIRE_PUT(delivered_ce);
  TUNEWIRE_PUT(bytes_sent);
  TUNEWIRE_PUT(bytes_retrans);
  TUNEWIRE_PUT(dsack_dups);
  TUNEWIRE_PUT(reord_seen);
  TUNEWIRE_PUT(rcv_ooopack);
  TUNEWIRE_PUT(snd_wnd);
#undef TUNEWIRE_PUT
  into.Put(kRcvWnd, tcp.rcv_wnd);
  into.Put(kRehash, tcp.rehash);
  into.Put(kTotalRto, tcp.total_rto);
  into.Put(kTotalRtoRecoveries, tcp.total_rto_recoveries);
  into.Put(kTotalRtoTime, tcp.total_rto_time);
  into.PutRate(offsetof(tcp_info, tcpi_pacing_rate), tcp.pacing_rate);
  into.PutRate(offsetof(tcp_info, tcpi_max_pacing_rate), tcp.max_pacing_rate);
  return into.bytes_;
}

void Append(std::vector<std::byte>& into, const void* bytes, std::size_t size) {
  const auto* from = static_cast<const std::byte*>(bytes);
  into.insert(into.end(), from, from + size);
}

void AppendAttribute(std::vector<std::byte>& into, int type, const void* bytes, std::size_t size) {
  const std::uint16_t head[2] = {static_cast<std::uint16_t>(4 + size),
                                 static_cast<std::uint16_t>(type)};
  Append(into, head, sizeof head);
  Append(into, bytes, size);
  into.resize((into.size() + 3) / 4 * 4);
}

template <class T>
void AppendNumber(std::vector<std::byte>& into, int type, const std::optional<T>& number) {
  if (number) AppendAttribute(into, type, &*number, sizeof(T));
}

inet_diag_msg FixedPart(const SocketInfo& socket) {
  inet_diag_msg message{};
  message.idiag_family = socket.local.v6 ? AF_INET6 : AF_INET;
  message.idiag_state = static_cast<std::uint8_t>(socket.state);
  message.idiag_timer = static_cast<std::uint8_t>(socket.timer);
  message.idiag_retrans = socket.retransmits;
  message.id.idiag_sport = htons(socket.local.port);
  message.id.idiag_dport = htons(socket.remote.port);
  std::memcpy(message.id.idiag_src, socket.local.address.data(), 16);
  std::memcpy(message.id.idiag_dst, socket.remote.address.data(), 16);
  message.id.idiag_if = socket.interface;
  message.id.idiag_cookie[0] = static_cast<std::uint32_t>(socket.cookie);
  message.id.idiag_cookie[1] = static_cast<std::uint32_t>(socket.cookie >> 32U);
  message.idiag_expires = socket.timer_ms;
  message.idiag_rqueue = socket.receive_queue;
  message.idiag_wqueue = socket.send_queue;
  message.idiag_uid = socket.uid;
  message.idiag_inode = static_cast<std::uint32_t>(socket.inode);
  return message;
}

/// Of the traffic class, an IPv6 socket's own attribute; IPv4-mapped traffic has the other.
int TosAttribute(const SocketInfo& socket) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = std::memcmp(socket.remote.address.data(), kMapped, sizeof kMapped) == 0;
  return socket.remote.v6 && !mapped ? INET_DIAG_TCLASS : INET_DIAG_TOS;
}

void FillInfo(SocketInfo& socket) {
  TcpInfo& tcp = socket.tcp;
  tcp.state = static_cast<std::uint8_t>(socket.state);
  tcp.ca_state = tcp.retransmits = tcp.probes = tcp.backoff = 0;
  tcp.options = 7;
  tcp.snd_wscale = tcp.rcv_wscale = 7;
  tcp.delivery_rate_app_limited = true;
  tcp.rto = 204000;
  tcp.ato = 40000;
  tcp.snd_mss = tcp.rcv_mss = tcp.advmss = 1448;
  tcp.unacked = tcp.sacked = tcp.lost = tcp.retrans = 0;
  tcp.last_data_sent = tcp.last_data_recv = tcp.last_ack_recv = 60000;
  tcp.pmtu = 1500;
  tcp.rcv_ssthresh = 64088;
  tcp.rtt = 300;
  tcp.rttvar = 50;
  tcp.snd_ssthresh = 0x7fffffff;
  tcp.snd_cwnd = 10;
  tcp.reordering = 3;
  tcp.rcv_rtt = 0;
  tcp.rcv_space = 14480;
  tcp.total_retrans = 0;
  tcp.pacing_rate = 96000000;
  tcp.bytes_acked = 1001;
  tcp.bytes_received = 1000;
  tcp.segs_out = tcp.segs_in = 22;
  tcp.notsent_bytes = 0;
  tcp.min_rtt = 100;
  tcp.data_segs_in = tcp.data_segs_out = 10;
  tcp.delivery_rate = 10000000;
  tcp.busy_time = 3000;
  tcp.rwnd_limited = tcp.sndbuf_limited = 0;
  tcp.delivered = 11;
  tcp.delivered_ce = 0;
  tcp.bytes_sent = 1000;
  tcp.bytes_retrans = 0;
  tcp.dsack_dups = tcp.reord_seen = tcp.rcv_ooopack = 0;
  tcp.snd_wnd = tcp.rcv_wnd = 65536;
  tcp.rehash = 0;
  tcp.total_rto = tcp.total_rto_recoveries = 0;
  tcp.total_rto_time = 0;
}

}  // namespace

SocketEnd End(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) std::abort();
  SocketEnd end;
  end.v6 = text.front() == '[';
  const std::string host(end.v6 ? text.substr(1, colon - 2) : text.substr(0, colon));
  if (::inet_pton(end.v6 ? AF_INET6 : AF_INET, host.c_str(), end.address.data()) != 1) std::abort();
  end.port = static_cast<std::uint16_t>(std::stoi(std::string(text.substr(colon + 1))));
  return end;
}

SocketInfo RestingConnection(std::uint64_t number, std::string_view local,
                             std::string_view remote) {
  SocketInfo socket;
  socket.cookie = number;
  socket.inode = 1000 + number;
  socket.uid = 1000;
  socket.state = TcpState::kEstablished;
  socket.local = End(local);
  socket.remote = End(remote);
  socket.memory = SocketMemory{.rcvbuf = 131072, .sndbuf = 87040, .fwd_alloc = 4096};
  socket.congestion_control = "cubic";
  socket.shutdown = 0;
  socket.tos = 0;
  FillInfo(socket);
  return socket;
}

SocketInfo RestingListener(std::uint64_t number, std::string_view local, std::uint32_t backlog) {
  SocketInfo socket = RestingConnection(number, local, local);
  socket.state = TcpState::kListen;
  socket.remote = SocketEnd{.v6 = socket.local.v6};
  socket.send_queue = backlog;
  socket.tcp = {};
  socket.tcp.state = static_cast<std::uint8_t>(TcpState::kListen);
  socket.tcp.unacked = 0;
  socket.tcp.sacked = backlog;
  return *DecodeSocket(EncodeSocket(socket));  // fields before the last one are there, too
}

SocketInfo TimeWaitSocket(std::uint64_t number, std::string_view local, std::string_view remote) {
  SocketInfo socket;
  socket.cookie = number;
  socket.state = TcpState::kTimeWait;
  socket.local = End(local);
  socket.remote = End(remote);
  socket.timer = SocketTimer::kTimeWait;
  socket.timer_ms = 30000;
  return socket;
}

void PutUnsent(SocketInfo& socket, std::uint32_t unsent, std::uint32_t unacked,
               std::uint32_t in_flight) {
  socket.tcp.notsent_bytes = unsent;
  socket.tcp.unacked = unacked;
  socket.send_queue = unsent + in_flight;
  if (unacked > 0) socket.timer = SocketTimer::kRetransmit;
  if (unacked == 0 && unsent > 0) socket.timer = SocketTimer::kPersist;
  socket.timer_ms = 200;
  if (socket.memory) socket.memory->wmem_queued = socket.send_queue + 1280;
}

std::vector<std::byte> EncodeSocket(const SocketInfo& socket) {
  std::vector<std::byte> bytes;
  const inet_diag_msg message = FixedPart(socket);
  Append(bytes, &message, sizeof message);
  AppendNumber(bytes, INET_DIAG_SHUTDOWN, socket.shutdown);
  if (socket.tos) AppendNumber(bytes, TosAttribute(socket), socket.tos);
  AppendNumber(bytes, INET_DIAG_MARK, socket.mark);
  AppendNumber(bytes, INET_DIAG_CGROUP_ID, socket.cgroup);
  if (socket.memory) {
    AppendAttribute(bytes, INET_DIAG_SKMEMINFO, &*socket.memory, sizeof *socket.memory);
  }
  if (!socket.congestion_control.empty()) {
    AppendAttribute(bytes, INET_DIAG_CONG, socket.congestion_control.c_str(),
                    socket.congestion_control.size() + 1);
  }
  const std::vector<std::byte> info = EncodeInfo(socket.tcp);
  if (!info.empty()) AppendAttribute(bytes, INET_DIAG_INFO, info.data(), info.size());
  return bytes;
}

template <class Passes>
Result<SocketDump> FakeSockets::Answer(const TakeSocket& take, const Passes& passes) {
  if (error) return Fail(*error);
  const std::vector<SocketInfo> table = now;  // on_call may change it
  SocketDump dump{.partial = partial};
  for (const SocketInfo& socket : table) {
    if (!passes(socket)) continue;
    ++dump.seen;
    take(EncodeSocket(socket));
  }
  if (on_call) on_call(dump.seen);
  return dump;
}

Result<SocketDump> FakeSockets::Dump(const SocketFilter& filter, const TakeSocket& take) {
  dumps.push_back(filter);
  return Answer(take, [&](const SocketInfo& socket) { return Passes(GlanceOf(socket), filter); });
}

Result<SocketDump> FakeSockets::Ask(std::span<const SocketName> names, const TakeSocket& take) {
  asks.push_back(names.size());
  return Answer(take, [&](const SocketInfo& socket) {
    return std::any_of(names.begin(), names.end(), [&](const SocketName& name) {
      return name.cookie == socket.cookie && name.local == socket.local &&
             name.remote == socket.remote;
    });
  });
}

}  // namespace tunewire
