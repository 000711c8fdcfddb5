// How the kernel's fields tell a state of a connection (net/ipv4/tcp_output.c, tcp_input.c).
//
// A look is taken under the socket's lock: no write is ever half done. What one look cannot tell is
// answered "no" where that would accuse a sender, so that a share of looks means something.
#include <algorithm>
#include <array>
#include <cstdint>

#include "sockets/socket_filter.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

constexpr std::array<std::string_view, kSigns> kNames{
    "held_small", "corked",         "persist_open",    "peer_window_zero", "peer_window_full",
    "cwnd_full",  "reader_behind",  "own_window_zero", "send_buffer_full", "ack_pending",
    "ping_pong",  "retransmitting", "in_recovery",     "awaits_reply",     "owes_reply"};

// enum tcp_ca_state (include/uapi/linux/tcp.h)
constexpr std::uint8_t kDisorder = 1;
constexpr std::uint8_t kRecovery = 3;

/// States in which bytes may still be sent, a FIN behind them included.
constexpr std::uint32_t kSending = (1U << static_cast<unsigned>(TcpState::kEstablished)) |
                                   (1U << static_cast<unsigned>(TcpState::kCloseWait)) |
                                   (1U << static_cast<unsigned>(TcpState::kFinWait1)) |
                                   (1U << static_cast<unsigned>(TcpState::kClosing)) |
                                   (1U << static_cast<unsigned>(TcpState::kLastAck));
constexpr std::uint32_t kReceiving = (1U << static_cast<unsigned>(TcpState::kEstablished)) |
                                     (1U << static_cast<unsigned>(TcpState::kFinWait1)) |
                                     (1U << static_cast<unsigned>(TcpState::kFinWait2));
/// The peer's FIN has come and counts as a byte of Recv-Q until the socket is closed.
constexpr std::uint32_t kPeerDone = (1U << static_cast<unsigned>(TcpState::kCloseWait)) |
                                    (1U << static_cast<unsigned>(TcpState::kClosing)) |
                                    (1U << static_cast<unsigned>(TcpState::kLastAck));

constexpr std::uint64_t kUsPerMs = 1000;
constexpr std::uint64_t kUsPerSecond = 1'000'000;

bool In(const SocketInfo& socket, std::uint32_t states) {
  return (states & BitOf(socket.state)) != 0;
}

/// The send side in the kernel's terms. Only of sockets in kSending.
class Sender {
 public:
  explicit Sender(const SocketInfo& socket)
      : socket_(socket), tcp_(socket.tcp), unsent_(tcp_.notsent_bytes.value_or(0)) {}

  [[nodiscard]] bool HasUnsent() const { return unsent_ > 0; }

  /// Minshall's Nagle: less than one MSS waits while an earlier small segment is unacknowledged,
  /// and nothing else keeps it from going.
  [[nodiscard]] bool HeldSmall() const {
    return SmallRest() && tcp_.unacked.value_or(0) > 0 && SmallOnTheWay() && WindowTakesAll() &&
           CwndOpen() && Undisturbed() && !InHostQueues() && !MayBePaced();
  }

  [[nodiscard]] bool Corked() const {
    return SmallRest() && tcp_.unacked == 0U && WindowTakesAll() && Undisturbed() && !MayBePaced();
  }

  [[nodiscard]] bool PersistOpen() const {
    return HasUnsent() && socket_.timer == SocketTimer::kPersist && tcp_.snd_wnd &&
           WindowTakesOne();
  }

  [[nodiscard]] bool WindowZero() const {
    if (tcp_.snd_wnd) return *tcp_.snd_wnd == 0;
    // Kernels before 5.4 do not show the window: probes that go unanswered do.
    return HasUnsent() && socket_.timer == SocketTimer::kPersist && tcp_.probes.value_or(0) > 0;
  }

  [[nodiscard]] bool WindowFull() const {
    return HasUnsent() && tcp_.snd_wnd.value_or(0) > 0 && !WindowTakesOne();
  }

  [[nodiscard]] bool CwndFull() const { return HasUnsent() && tcp_.snd_cwnd && !CwndOpen(); }

  /// sk_stream_is_writeable(): from a full buffer on until a third of it is free again, a blocking
  /// write(2) sleeps and poll(2) does not call the socket writable.
  [[nodiscard]] bool BufferFull() const {
    if (!socket_.memory || socket_.send_queue == 0) return false;
    const std::uint64_t queued = socket_.memory->wmem_queued;
    return queued + queued / 2 > socket_.memory->sndbuf;
  }

 private:
  [[nodiscard]] bool SmallRest() const {
    return HasUnsent() && tcp_.snd_mss && unsent_ < *tcp_.snd_mss;
  }

  [[nodiscard]] std::uint64_t BytesOnTheWay() const {
    return socket_.send_queue > unsent_ ? socket_.send_queue - unsent_ : 0;
  }

  /// Full segments alone hold nothing back.
  [[nodiscard]] bool SmallOnTheWay() const {
    return BytesOnTheWay() < std::uint64_t{*tcp_.unacked} * *tcp_.snd_mss;
  }

  /// tcp_snd_wnd_test() of the first unsent segment: it goes whole or not at all.
  [[nodiscard]] bool WindowTakes(std::uint64_t bytes) const {
    return !tcp_.snd_wnd || BytesOnTheWay() + bytes <= *tcp_.snd_wnd;
  }
  [[nodiscard]] bool WindowTakesAll() const { return WindowTakes(unsent_) && !WindowZero(); }
  [[nodiscard]] bool WindowTakesOne() const {
    return WindowTakes(std::min(unsent_, tcp_.snd_mss.value_or(1)));
  }

  /// tcp_packets_in_flight() against snd_cwnd.
  [[nodiscard]] bool CwndOpen() const {
    const std::uint32_t out = tcp_.unacked.value_or(0) + tcp_.retrans.value_or(0);
    const std::uint32_t left = tcp_.sacked.value_or(0) + tcp_.lost.value_or(0);
    return !tcp_.snd_cwnd || out < left + *tcp_.snd_cwnd;
  }

  [[nodiscard]] bool Undisturbed() const {
    return tcp_.ca_state.value_or(0) <= kDisorder && tcp_.retransmits.value_or(0) == 0 &&
           tcp_.lost.value_or(0) == 0;
  }

  /// Something of it has not left the host yet: autocorking and TCP small queues hold what follows
  /// until it has.
  [[nodiscard]] bool InHostQueues() const {
    return socket_.memory && socket_.memory->wmem_alloc > 0;
  }

  /// TCP paces by its own timer for bbr and for SO_MAX_PACING_RATE (with fq, the queue does). The
  /// gap behind a segment is its length over the rate.
  [[nodiscard]] bool MayBePaced() const {
    const bool paces = socket_.congestion_control.starts_with("bbr") || tcp_.max_pacing_rate;
    if (!paces || tcp_.pacing_rate.value_or(0) == 0 || !tcp_.last_data_sent) return false;
    const std::uint64_t gap_us = LastSentBytes() * kUsPerSecond / *tcp_.pacing_rate;
    return *tcp_.last_data_sent * kUsPerMs < gap_us;
  }

  [[nodiscard]] std::uint64_t LastSentBytes() const {
    const std::uint64_t segments = tcp_.data_segs_out.value_or(0);
    const std::uint64_t usual = segments == 0 ? 0 : tcp_.bytes_sent.value_or(0) / segments;
    return std::max(usual, BytesOnTheWay());
  }

  const SocketInfo& socket_;
  const TcpInfo& tcp_;
  std::uint32_t unsent_ = 0;
};

std::uint32_t UnreadBytes(const SocketInfo& socket) {
  const std::uint32_t fin = In(socket, kPeerDone) ? 1 : 0;
  return socket.receive_queue > fin ? socket.receive_queue - fin : 0;
}

bool ReaderBehind(const SocketInfo& socket) {
  return In(socket, kReceiving | kPeerDone) && UnreadBytes(socket) > 0;
}

/// The window closes when less than a sixteenth of the buffer is free (__tcp_select_window()).
bool BufferIsFull(const SocketMemory& memory) {
  return memory.rcvbuf > 0 && memory.rmem_alloc >= memory.rcvbuf - memory.rcvbuf / 16;
}

bool OwnWindowZero(const SocketInfo& socket) {
  if (!In(socket, kReceiving) || socket.receive_queue == 0) return false;
  if (socket.tcp.rcv_wnd) return *socket.tcp.rcv_wnd == 0;
  return socket.memory && BufferIsFull(*socket.memory);  // before Linux 6.2
}

// Who spoke last: the kernel tells both times in whole jiffies, so that an answer within one looks
// as old as its question.
enum class LastWord { kNobody, kOurs, kPeers, kBothAtOnce };

LastWord WhoSpokeLast(const TcpInfo& tcp) {
  if (!tcp.last_data_sent || !tcp.last_data_recv) return LastWord::kNobody;
  const bool sent = tcp.data_segs_out.value_or(0) > 0;
  const bool received = tcp.data_segs_in.value_or(0) > 0;
  if (!sent && !received) return LastWord::kNobody;
  if (!received) return LastWord::kOurs;
  if (!sent) return LastWord::kPeers;
  if (*tcp.last_data_sent == *tcp.last_data_recv) return LastWord::kBothAtOnce;
  return *tcp.last_data_sent < *tcp.last_data_recv ? LastWord::kOurs : LastWord::kPeers;
}

/// tcp_send_delayed_ack(): `ato`, at most a round trip but 40 ms in any case, at most 200 ms. The
/// jiffy in which the timer fires and the one before it are added.
std::uint64_t DelayedAckMs(const TcpInfo& tcp) {
  constexpr std::uint64_t kShortest = 40;
  constexpr std::uint64_t kLongest = 200;
  constexpr std::uint64_t kTwoJiffies = 8;
  const std::uint64_t ato = tcp.ato.value_or(0) / kUsPerMs;
  const std::uint64_t rtt = tcp.rtt.value_or(0) / kUsPerMs;
  return std::min(kLongest, std::max(kShortest, std::min(ato, std::max(rtt, kShortest)))) +
         kTwoJiffies;
}

/// A question that came in the very jiffy of our answer to the one before carries the peer's ACK of
/// that answer, and so leaves nothing unacknowledged. So does an answer that we gave a pure ACK,
/// but then none is due. What is told apart by its past: questions in pieces, each with one pure
/// ACK of ours between them and none of the peer's.
bool NextCameWithAck(const TcpInfo& tcp) {
  if (tcp.unacked != 0U || tcp.last_ack_recv != tcp.last_data_recv) return false;
  const std::uint64_t in = tcp.data_segs_in.value_or(0);
  const std::uint64_t out = tcp.data_segs_out.value_or(0);
  const std::uint64_t pure_in = tcp.segs_in.value_or(0) - in;
  const std::uint64_t pure_out = tcp.segs_out.value_or(0) - out;
  return in * 2 >= out * 3 && pure_in * 4 < in && pure_out * 4 >= in;
}

/// Within a jiffy nothing can be told from traffic that simply goes on: a bulk receiver's last
/// segment is always that young.
bool AckPending(const SocketInfo& socket, const std::optional<AckState>& ack) {
  const TcpInfo& tcp = socket.tcp;
  if (!In(socket, kReceiving) || (ack && !ack->pingpong && ack->quick > 0)) return false;
  const std::uint32_t age_ms = tcp.last_data_recv.value_or(0);
  if (tcp.data_segs_in.value_or(0) == 0 || age_ms == 0 || age_ms > DelayedAckMs(tcp)) return false;
  const LastWord last = WhoSpokeLast(tcp);
  return last == LastWord::kPeers || (last == LastWord::kBothAtOnce && NextCameWithAck(tcp));
}

/// An RTO: unlike a probe of a closed window or a keep-alive, it leaves something unacknowledged.
bool Retransmitting(const SocketInfo& socket) {
  return socket.timer == SocketTimer::kRetransmit &&
         (socket.tcp.retransmits.value_or(0) > 0 || socket.retransmits > 0);
}

bool NothingQueued(const SocketInfo& socket) {
  return socket.send_queue == 0 && socket.tcp.unacked.value_or(0) == 0;
}

class Signs {
 public:
  void Add(Sign sign, bool shown) {
    if (shown) set_ |= 1U << static_cast<unsigned>(sign);
  }
  [[nodiscard]] SignSet set() const { return set_; }

 private:
  SignSet set_ = 0;
};

void AddSender(const SocketInfo& socket, Signs& signs) {
  const Sender sender(socket);
  signs.Add(Sign::kHeldSmall, sender.HeldSmall());
  signs.Add(Sign::kCorked, sender.Corked());
  signs.Add(Sign::kPersistOpen, sender.PersistOpen());
  signs.Add(Sign::kPeerWindowZero, sender.WindowZero());
  signs.Add(Sign::kPeerWindowFull, sender.WindowFull());
  signs.Add(Sign::kCwndFull, sender.CwndFull());
  signs.Add(Sign::kSendBufferFull, sender.BufferFull());
}

void AddTurn(const SocketInfo& socket, Signs& signs) {
  const LastWord last = WhoSpokeLast(socket.tcp);
  signs.Add(Sign::kAwaitsReply, last == LastWord::kOurs && NothingQueued(socket));
  signs.Add(Sign::kOwesReply, last == LastWord::kPeers);
}

}  // namespace

std::string_view NameOf(Sign sign) { return kNames[static_cast<std::size_t>(sign)]; }

SignSet SignsOf(const SocketInfo& socket, const std::optional<AckState>& ack) {
  Signs signs;
  if (socket.state == TcpState::kListen) return signs.set();
  if (In(socket, kSending)) AddSender(socket, signs);
  if (In(socket, kReceiving | kPeerDone)) AddTurn(socket, signs);
  signs.Add(Sign::kReaderBehind, ReaderBehind(socket));
  signs.Add(Sign::kOwnWindowZero, OwnWindowZero(socket));
  signs.Add(Sign::kAckPending, AckPending(socket, ack));
  signs.Add(Sign::kPingPong, ack && ack->pingpong);
  signs.Add(Sign::kRetransmitting, Retransmitting(socket));
  signs.Add(Sign::kInRecovery, socket.tcp.ca_state.value_or(0) >= kRecovery);
  return signs.set();
}

}  // namespace tunewire
