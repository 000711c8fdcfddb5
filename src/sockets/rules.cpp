// The table of rules.
#include <span>

#include "sockets/rule_list.h"

namespace tunewire {
namespace {

constexpr Rule kRules[] = {
    // Stalls.
    {"held_by_nagle",
     "The program writes a message in small pieces; Nagle's algorithm holds the second until the "
     "first is acknowledged, and the peer delays that ACK.",
     "tcpi_notsent_bytes, tcpi_unacked, tcpi_last_data_sent, tcpi_snd_wnd, tcpi_snd_cwnd, "
     "TCP_NODELAY, TCP_CORK",
     HeldByNagle},
    {"ack_delayed_here",
     "The peer writes its messages in small pieces, and this side's delayed ACK of the first is "
     "what the second waits for.",
     "tcpi_last_data_recv, tcpi_data_segs_in, tcpi_data_segs_out, ato and pingpong of "
     "/proc/net/tcp, TcpExt DelayedACKs",
     AckDelayedHere},
    {"corked",
     "TCP_CORK or MSG_MORE was left on at the end of a message; the kernel sends it only when its "
     "timer of 200 ms runs out.",
     "tcpi_notsent_bytes, tcpi_unacked, persist timer, tcpi_snd_wnd, TCP_CORK", Corked},
    {"nodelay_missing",
     "TCP_NODELAY is off on a connection whose listening socket, program or neighbours have it on.",
     "TCP_NODELAY of connection and listener", NodelayMissing},

    // Senders.
    {"peer_window_zero", "The peer's receive window is closed: its program does not read.",
     "tcpi_snd_wnd, tcpi_notsent_bytes, tcpi_last_data_sent, persist timer", PeerWindowZero},
    {"writer_blocked",
     "The program cannot write: its send buffer is full, because the peer's program does not read.",
     "Send-Q, sk_sndbuf, tcpi_snd_wnd, tcpi_last_data_sent", WriterBlocked},
    {"receive_window_limited",
     "The transfer is as fast as the peer's small receive buffer allows, not as the path does.",
     "tcpi_rwnd_limited, tcpi_busy_time, tcpi_snd_wnd, tcpi_min_rtt", ReceiveWindowLimited},
    {"send_buffer_limited",
     "The transfer is as fast as this side's send buffer allows, not as the path does.",
     "tcpi_sndbuf_limited, tcpi_busy_time, sk_sndbuf, SO_SNDBUF", SendBufferLimited},
    {"pacing_limited", "The connection sends at the rate that SO_MAX_PACING_RATE sets.",
     "tcpi_max_pacing_rate, tcpi_bytes_acked", PacingLimited},

    // Readers.
    {"reader_not_reading", "Data has come that the program does not read.",
     "Recv-Q, tcpi_bytes_received, tcpi_rcv_wnd, tcpi_last_data_recv", ReaderNotReading},
    {"reader_slow",
     "The program reads slower than the peer sends; the window closes again and again.",
     "tcpi_rcv_wnd, Recv-Q, tcpi_bytes_received", ReaderSlow},
    {"small_receive_buffer",
     "The receive buffer is smaller than what could be on the way (bandwidth times round trip).",
     "sk_rcvbuf, SO_RCVBUF, tcpi_bytes_received, tcpi_min_rtt, tcp_rmem", SmallReceiveBuffer},

    // The path.
    {"retransmissions", "Segments are lost on the way and sent again.",
     "tcpi_total_retrans, tcpi_data_segs_out, tcpi_dsack_dups, tcpi_total_rto", Retransmissions},
    {"peer_silent", "The peer acknowledges nothing any more; the connection is being given up.",
     "icsk_retransmits, tcpi_last_ack_recv, Send-Q", PeerSilent},
    {"spurious_retransmissions", "Segments are sent again that the peer had already.",
     "tcpi_dsack_dups, tcpi_total_retrans, TcpExt TCPSpuriousRTOs", SpuriousRetransmissions},
    {"reordering", "The path delivers segments in another order than they were sent.",
     "tcpi_reord_seen, tcpi_reordering", Reordering},
    {"idle_collapse",
     "After a pause longer than the RTO the congestion window begins small again, and large "
     "answers "
     "take more round trips.",
     "tcpi_snd_cwnd, tcpi_last_data_sent, tcpi_rto, tcp_slow_start_after_idle", IdleCollapse},

    // Connections on their way in.
    {"accept_queue_full",
     "Connections are complete and wait for accept(2), as many as the backlog allows.",
     "Recv-Q and Send-Q of the listening socket, somaxconn", AcceptQueueFull},
    {"accept_queue_overflow", "New connections were thrown away because the accept queue was full.",
     "TcpExt ListenOverflows and ListenDrops, sk_drops of the listening socket",
     AcceptQueueOverflow},
    {"syn_backlog", "Half-open connections fill their queue: SYNs get cookies or are dropped.",
     "SYN_RECV sockets, TcpExt SyncookiesSent, TCPReqQFullDoCookies and TCPReqQFullDrop",
     SynBacklog},

    // Connections that begin or end badly.
    {"connect_unanswered", "A connection cannot be opened: nothing answers its SYN.",
     "SYN_SENT, icsk_retransmits", ConnectUnanswered},
    {"close_wait_leak", "The peer has closed and the program never does: descriptors leak.",
     "CLOSE_WAIT, tcpi_last_ack_recv, Recv-Q", CloseWaitLeak},
    {"fin_wait_pile", "Closed connections pile up because peers do not finish the close.",
     "FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, CLOSING, tcpi_last_ack_recv", FinWaitPile},
    {"source_ports", "The source ports towards one destination run out.",
     "local ports in use, TIME_WAIT, ip_local_port_range, tcp_tw_reuse", SourcePorts},
    {"time_wait_overflow", "There are more TIME_WAIT sockets than the kernel keeps.",
     "TIME_WAIT, tcp_max_tw_buckets, TcpExt TCPTimeWaitOverflow", TimeWaitOverflow},
    {"keepalive_unanswered", "Keep-alive probes get no answer; the connection is about to be cut.",
     "keep-alive timer, icsk_probes_out, tcpi_last_ack_recv", KeepaliveUnanswered},
    {"idle_cut",
     "An idle connection stays silent for longer than what stands on the way may remember it.",
     "tcpi_last_data_sent, tcpi_last_data_recv, keep-alive timer, "
     "nf_conntrack_tcp_timeout_established",
     IdleCut},

    // Settings and memory.
    {"buffer_clamped", "The program asked for a larger buffer than rmem_max or wmem_max allows.",
     "sk_rcvbuf, sk_sndbuf, SO_RCVBUF, SO_SNDBUF, rmem_max, wmem_max", BufferClamped},
    {"congestion_control_differs",
     "A connection runs another congestion control than the host's default.",
     "TCP_CONGESTION, tcp_congestion_control", CongestionControlDiffers},
    {"memory_pressure", "TCP as a whole is short of memory.",
     "TcpExt TCPMemoryPressures and TCPAbortOnMemory, tcp_mem", MemoryPressure},
    {"receive_drops",
     "Segments that had arrived were thrown away for want of room in their socket.",
     "TcpExt TCPRcvQDrop, TCPBacklogDrop and RcvPruned", ReceiveDrops},
};

}  // namespace

std::span<const Rule> AllRules() { return kRules; }

}  // namespace tunewire
