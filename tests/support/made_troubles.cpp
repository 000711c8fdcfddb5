// One trouble a rule, by its id.
#include <functional>
#include <map>

#include "support/made_evidence.h"

namespace tunewire {
namespace {

constexpr std::uint8_t kFew = 3;

/// Answers of 1,100 bytes in two writes to a client that delays its ACKs: 68 exchanges in 3 s.
Evidence HeldByNagleTrouble() {
  ConnectionEvidence held = QuietConnection(1);
  Show(held, Sign::kHeldSmall, 118, 2'950);
  held.trends.held_quiet_looks = 92;
  held.trends.held_quiet_max_ms = 44;
  Grow(held, &TcpInfo::data_segs_out, 136);
  Grow(held, &TcpInfo::data_segs_in, 68);
  Grow(held, &TcpInfo::bytes_sent, 74'800);
  held.last.tcp.unacked = 1;
  held.last.tcp.notsent_bytes = 1'000;
  held.options.emplace();
  held.options->nodelay = held.options->cork = false;
  return HostWith({held});
}

Evidence AckDelayedTrouble() {
  ConnectionEvidence late = QuietConnection(1);
  Show(late, Sign::kAckPending, 110, 2'000);
  Show(late, Sign::kPingPong, 120, 3'000);
  Grow(late, &TcpInfo::data_segs_in, 136);
  Grow(late, &TcpInfo::data_segs_out, 68);
  Grow(late, &TcpInfo::bytes_received, 54'400);
  late.ack_looks = 120;
  late.ack = AckState{.ato_ticks = 4, .pingpong = true};
  Evidence evidence = HostWith({late});
  Count(evidence, "DelayedACKs", 68);
  return evidence;
}

Evidence CorkedTrouble() {
  ConnectionEvidence corked = QuietConnection(1);
  Show(corked, Sign::kCorked, 116, 208);
  Show(corked, Sign::kPersistOpen, 116, 208);
  Grow(corked, &TcpInfo::data_segs_out, 14);
  corked.last.tcp.notsent_bytes = 500;
  return HostWith({corked});
}

Evidence NodelayMissingTrouble() {
  ConnectionEvidence old = QuietConnection(1);
  old.options.emplace();
  old.options->nodelay = false;
  old.trends.held_quiet_looks = 1;
  Evidence evidence = HostWith({old});
  evidence.listeners[0].options.emplace();
  evidence.listeners[0].options->nodelay = true;
  return evidence;
}

ConnectionEvidence Shut() {
  ConnectionEvidence shut = QuietConnection(1);
  Show(shut, Sign::kPeerWindowZero, 100, 2'500);
  shut.trends.blocked_max_ms = 2'400;
  shut.last.tcp.notsent_bytes = shut.last.send_queue = shut.send_queue_max = 60'000;
  return shut;
}

Evidence WriterBlockedTrouble() {
  ConnectionEvidence shut = Shut();
  Show(shut, Sign::kSendBufferFull, 110, 2'700);
  return HostWith({shut});
}

ConnectionEvidence Limited(std::optional<std::uint64_t> TcpInfo::*by) {
  ConnectionEvidence limited = QuietConnection(1);
  Grow(limited, &TcpInfo::busy_time, 2'900'000);
  Grow(limited, by, 2'600'000);
  Grow(limited, &TcpInfo::bytes_acked, 30'000'000);
  Show(limited, Sign::kPeerWindowFull, 100, 500);
  return limited;
}

Evidence ReceiveWindowTrouble() {
  ConnectionEvidence limited = Limited(&TcpInfo::rwnd_limited);
  limited.trends.send_window_max = 8'192;
  return HostWith({limited});
}

Evidence SendBufferTrouble() {
  ConnectionEvidence limited = Limited(&TcpInfo::sndbuf_limited);
  limited.last.memory->sndbuf = 8'192;
  return HostWith({limited});
}

Evidence PacingTrouble() {
  ConnectionEvidence paced = QuietConnection(1);
  paced.last.tcp.max_pacing_rate = 1'000'000;
  Grow(paced, &TcpInfo::bytes_acked, 2'950'000);
  return HostWith({paced});
}

Evidence NotReadingTrouble() {
  ConnectionEvidence unread = QuietConnection(1);
  Show(unread, Sign::kReaderBehind, 120, 3'000);
  Show(unread, Sign::kOwnWindowZero, 90, 2'200);
  unread.first.receive_queue = 20'000;
  unread.last.receive_queue = unread.receive_queue_max = 65'000;
  Grow(unread, &TcpInfo::bytes_received, 45'000);
  return HostWith({unread});
}

Evidence SlowReaderTrouble() {
  ConnectionEvidence slow = QuietConnection(1);
  Show(slow, Sign::kOwnWindowZero, 60, 400);
  slow.last.receive_queue = 65'000;
  Grow(slow, &TcpInfo::bytes_received, 400'000);
  return HostWith({slow});
}

/// 80 ms away, 64 KiB of buffer: 0.4 MB/s where the path has more.
Evidence SmallBufferTrouble() {
  ConnectionEvidence small = QuietConnection(1);
  small.last.memory->rcvbuf = 65'536;
  small.first.tcp.rcv_wnd = small.last.tcp.rcv_wnd = 32'768;
  small.last.tcp.min_rtt = 80'000;
  Grow(small, &TcpInfo::bytes_received, 1'200'000);
  return HostWith({small});
}

Evidence LossTrouble() {
  ConnectionEvidence lossy = QuietConnection(1);
  Grow(lossy, &TcpInfo::data_segs_out, 1'000);
  Grow(lossy, &TcpInfo::total_retrans, 30);
  return HostWith({lossy});
}

Evidence SilentTrouble() {
  ConnectionEvidence silent = QuietConnection(1);
  silent.last.timer = SocketTimer::kRetransmit;
  silent.last.retransmits = kFew;
  silent.last.send_queue = 500;
  silent.last.tcp.last_ack_recv = 9'000;
  Show(silent, Sign::kRetransmitting, 120, 3'000);
  return HostWith({silent});
}

Evidence SpuriousTrouble() {
  ConnectionEvidence spurious = QuietConnection(1);
  Grow(spurious, &TcpInfo::data_segs_out, 1'000);
  Grow(spurious, &TcpInfo::total_retrans, 14);
  Grow(spurious, &TcpInfo::dsack_dups, 12);
  return HostWith({spurious});
}

Evidence ReorderTrouble() {
  ConnectionEvidence reordered = QuietConnection(1);
  Grow(reordered, &TcpInfo::data_segs_out, 1'000);
  Grow(reordered, &TcpInfo::reord_seen, 12);
  return HostWith({reordered});
}

Evidence CollapseTrouble() {
  ConnectionEvidence collapsed = QuietConnection(1);
  collapsed.trends.idle_collapses = 2;
  collapsed.trends.collapse_from = 160;
  collapsed.trends.collapse_to = 10;
  collapsed.last.tcp.min_rtt = 40'000;
  return HostWith({collapsed});
}

Evidence QueueFullTrouble() {
  Evidence evidence = QuietHost();
  ListenerEvidence& listener = evidence.listeners[0];
  listener.first.send_queue = listener.last.send_queue = 5;
  listener.last.receive_queue = listener.queue_max = 6;
  listener.full_looks = 100;
  return evidence;
}

Evidence OverflowTrouble() {
  Evidence evidence = QuietHost();
  ListenerEvidence& listener = evidence.listeners[0];
  listener.queue_max = 511;
  listener.last.memory->drops = 40;
  Count(evidence, "ListenOverflows", 40);
  Count(evidence, "ListenDrops", 40);
  return evidence;
}

Evidence SynTrouble() {
  Evidence evidence = QuietHost();
  Count(evidence, "SyncookiesSent", 900);
  return evidence;
}

Evidence ConnectTrouble() {
  ConnectionEvidence opening = QuietConnection(1);
  opening.last.state = TcpState::kSynSent;
  opening.last.retransmits = 1;
  return HostWith({opening});
}

Evidence CloseWaitTrouble() {
  std::vector<ConnectionEvidence> left;
  for (std::uint16_t number = 0; number < 5; ++number) {
    left.push_back(QuietConnection(number));
    left.back().first.state = left.back().last.state = TcpState::kCloseWait;
    left.back().last.tcp.last_ack_recv = 2'000;
    left.back().last.receive_queue = 1;
  }
  return HostWith(left);
}

Evidence FinWaitTrouble() {
  Evidence evidence = QuietHost();
  evidence.by_state[static_cast<std::size_t>(TcpState::kFinWait1)] = 200;
  return evidence;
}

Evidence PortsTrouble() {
  Evidence evidence = QuietHost();
  Evidence::Destination to;
  to.remote = EndAt("10.0.0.9", 5432);
  to.local = EndAt("10.0.0.1", 0);
  to.ports = 20'000;
  to.time_wait = 19'500;
  evidence.destinations = {to};
  return evidence;
}

Evidence TimeWaitTrouble() {
  Evidence evidence = QuietHost();
  Count(evidence, "TCPTimeWaitOverflow", 12);
  return evidence;
}

Evidence KeepaliveTrouble() {
  ConnectionEvidence probing = QuietConnection(1);
  probing.last.timer = SocketTimer::kKeepAlive;
  probing.last.retransmits = 2;
  return HostWith({probing});
}

Evidence IdleTrouble() {
  ConnectionEvidence idle = QuietConnection(1);
  TcpInfo& tcp = idle.last.tcp;
  tcp.last_data_sent = tcp.last_data_recv = tcp.last_ack_recv = 500'000;
  Evidence evidence = HostWith({idle});
  evidence.settings.conntrack_established_s = 600;
  return evidence;
}

Evidence ClampedTrouble() {
  ConnectionEvidence clamped = QuietConnection(1);
  clamped.last.memory->rcvbuf = 425'984;
  Grow(clamped, &TcpInfo::bytes_received, 3'000'000);
  return HostWith({clamped});
}

Evidence ControlTrouble() {
  ConnectionEvidence other = QuietConnection(1);
  other.last.congestion_control = "reno";
  return HostWith({other});
}

Evidence MemoryTrouble() {
  Evidence evidence = QuietHost();
  Count(evidence, "TCPMemoryPressures", 1);
  return evidence;
}

Evidence DropsTrouble() {
  Evidence evidence = QuietHost();
  Count(evidence, "TCPRcvQDrop", 10);
  return evidence;
}

const std::map<std::string_view, Evidence (*)()> kTroubles = {
    {"held_by_nagle", HeldByNagleTrouble},
    {"ack_delayed_here", AckDelayedTrouble},
    {"corked", CorkedTrouble},
    {"nodelay_missing", NodelayMissingTrouble},
    {"peer_window_zero", [] { return HostWith({Shut()}); }},
    {"writer_blocked", WriterBlockedTrouble},
    {"receive_window_limited", ReceiveWindowTrouble},
    {"send_buffer_limited", SendBufferTrouble},
    {"pacing_limited", PacingTrouble},
    {"reader_not_reading", NotReadingTrouble},
    {"reader_slow", SlowReaderTrouble},
    {"small_receive_buffer", SmallBufferTrouble},
    {"retransmissions", LossTrouble},
    {"peer_silent", SilentTrouble},
    {"spurious_retransmissions", SpuriousTrouble},
    {"reordering", ReorderTrouble},
    {"idle_collapse", CollapseTrouble},
    {"accept_queue_full", QueueFullTrouble},
    {"accept_queue_overflow", OverflowTrouble},
    {"syn_backlog", SynTrouble},
    {"connect_unanswered", ConnectTrouble},
    {"close_wait_leak", CloseWaitTrouble},
    {"fin_wait_pile", FinWaitTrouble},
    {"source_ports", PortsTrouble},
    {"time_wait_overflow", TimeWaitTrouble},
    {"keepalive_unanswered", KeepaliveTrouble},
    {"idle_cut", IdleTrouble},
    {"buffer_clamped", ClampedTrouble},
    {"congestion_control_differs", ControlTrouble},
    {"memory_pressure", MemoryTrouble},
    {"receive_drops", DropsTrouble},
};

}  // namespace

std::optional<Evidence> TroubleOf(std::string_view rule) {
  const auto at = kTroubles.find(rule);
  if (at == kTroubles.end()) return std::nullopt;
  return at->second();
}

}  // namespace tunewire
