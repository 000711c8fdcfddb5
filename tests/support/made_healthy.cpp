// Programs that do well, in every way that looks like trouble for single looks.
#include "support/made_evidence.h"

namespace tunewire {
namespace {

void OnLoopback(ConnectionEvidence& connection) {
  for (SocketInfo* socket : {&connection.first, &connection.last}) {
    socket->local = EndAt("127.0.0.1", socket->local.port);
    socket->remote = EndAt("127.0.0.1", socket->remote.port);
    socket->tcp.snd_mss = socket->tcp.advmss = 65'483;
    socket->tcp.min_rtt = 12;
  }
}

/// Keep-alive load with TCP_NODELAY: some looks meet a connection between a write and its ACK.
Evidence Nginx() {
  std::vector<ConnectionEvidence> all;
  for (std::uint16_t number = 0; number < 64; ++number) {
    ConnectionEvidence one = QuietConnection(number);
    OnLoopback(one);
    Grow(one, &TcpInfo::data_segs_in, 20'000);
    Grow(one, &TcpInfo::data_segs_out, 20'000);
    Grow(one, &TcpInfo::bytes_sent, 16'000'000);
    Grow(one, &TcpInfo::bytes_received, 2'000'000);
    Show(one, Sign::kReaderBehind, 50, 60);
    Show(one, Sign::kHeldSmall, 2, 0);
    Show(one, Sign::kAckPending, 70, 100);
    Show(one, Sign::kPingPong, 120, 3'000);
    one.ack_looks = 120;
    one.ack = AckState{.ato_ticks = 4, .pingpong = true};
    one.options.emplace();
    one.options->nodelay = number != 0;  // its first request is not over
    one.options->cork = false;
    all.push_back(one);
  }
  Evidence evidence = HostWith(all);
  evidence.processes[0].command = evidence.processes[0].executable = "nginx";
  evidence.listeners[0].queue_max = 20;
  return evidence;
}

/// Faster than its reader, as on every loopback: buffers full, the window open and shut.
Evidence Bulk() {
  ConnectionEvidence sender = QuietConnection(1);
  OnLoopback(sender);
  Grow(sender, &TcpInfo::busy_time, 3'000'000);
  Grow(sender, &TcpInfo::rwnd_limited, 2'400'000);
  Grow(sender, &TcpInfo::sndbuf_limited, 1'500'000);
  Grow(sender, &TcpInfo::bytes_acked, 9'000'000'000);
  Grow(sender, &TcpInfo::bytes_sent, 9'000'000'000);
  Grow(sender, &TcpInfo::data_segs_out, 140'000);
  Show(sender, Sign::kHeldSmall, 40, 100);
  // Once the host was too busy to run the reader.
  Show(sender, Sign::kPeerWindowZero, 50, 900);
  sender.trends.blocked_max_ms = 880;
  // ... and probes repeated what an ACK was late for.
  Grow(sender, &TcpInfo::total_retrans, 30);
  Grow(sender, &TcpInfo::dsack_dups, 30);
  Show(sender, Sign::kPeerWindowFull, 70, 300);
  Show(sender, Sign::kSendBufferFull, 110, 2'000);
  sender.last.memory->sndbuf = 4'194'304;
  sender.trends.send_window_max = 3'000'000;
  ConnectionEvidence reader = OtherEnd(sender);
  OnLoopback(reader);
  Grow(reader, &TcpInfo::bytes_received, 9'000'000'000);
  Show(reader, Sign::kReaderBehind, 115, 2'500);
  Show(reader, Sign::kOwnWindowZero, 50, 900);
  reader.last.memory->rcvbuf = 6'291'456;
  reader.first.receive_queue = 2'000'000;
  reader.last.receive_queue = 2'500'000;
  return HostWith({sender, reader});
}

/// A key every 150 ms, echoed at once.
Evidence Typing() {
  ConnectionEvidence shell = QuietConnection(1);
  Grow(shell, &TcpInfo::data_segs_in, 20);
  Grow(shell, &TcpInfo::data_segs_out, 20);
  Grow(shell, &TcpInfo::bytes_received, 720);
  Show(shell, Sign::kAckPending, 2, 0);
  Show(shell, Sign::kPingPong, 120, 3'000);
  Evidence evidence = HostWith({shell});
  Count(evidence, "DelayedACKs", 10);
  return evidence;
}

Evidence IdlePool() {
  std::vector<ConnectionEvidence> all;
  for (std::uint16_t number = 0; number < 200; ++number) {
    all.push_back(QuietConnection(number));
    TcpInfo& tcp = all.back().last.tcp;
    tcp.last_data_sent = tcp.last_data_recv = tcp.last_ack_recv = 900'000;
    // A few that their servers have closed already, as every pool has.
    if (number < 3) all.back().last.state = TcpState::kCloseWait;
  }
  return HostWith(all);
}

/// Answers after 60 ms of work, to requests of one segment: its ACKs are delayed, nobody waits for
/// them.
Evidence SlowServer() {
  ConnectionEvidence slow = QuietConnection(1);
  Grow(slow, &TcpInfo::data_segs_in, 48);
  Grow(slow, &TcpInfo::data_segs_out, 48);
  Grow(slow, &TcpInfo::bytes_received, 9'600);
  Show(slow, Sign::kAckPending, 80, 60);
  Show(slow, Sign::kPingPong, 120, 3'000);
  Evidence evidence = HostWith({slow});
  Count(evidence, "DelayedACKs", 48);
  return evidence;
}

/// The same with requests of two segments, the first of them full.
Evidence SlowServerOfLargeRequests() {
  Evidence evidence = SlowServer();
  ConnectionEvidence& slow = evidence.connections[0];
  Grow(slow, &TcpInfo::data_segs_in, 96);
  Grow(slow, &TcpInfo::bytes_received, 48 * 1'500);
  return evidence;
}

/// A client of many connections on a busy host comes to read its answers, head and body, only after
/// a while.
Evidence BusyClient() {
  ConnectionEvidence client = QuietConnection(1);
  Grow(client, &TcpInfo::data_segs_in, 90);
  Grow(client, &TcpInfo::data_segs_out, 45);
  Grow(client, &TcpInfo::bytes_received, 36'000);
  Show(client, Sign::kAckPending, 100, 500);
  Show(client, Sign::kReaderBehind, 95, 450);
  Show(client, Sign::kPingPong, 120, 3'000);
  Evidence evidence = HostWith({client});
  Count(evidence, "DelayedACKs", 60);
  return evidence;
}

/// Small lines that nobody answers, held for a delayed ACK now and then: made for Nagle.
Evidence LogStream() {
  ConnectionEvidence log = QuietConnection(1);
  Show(log, Sign::kHeldSmall, 90, 400);
  log.trends.held_quiet_looks = 60;
  log.trends.held_quiet_max_ms = 44;
  Grow(log, &TcpInfo::data_segs_out, 120);
  Grow(log, &TcpInfo::bytes_sent, 24'000);
  return HostWith({log});
}

/// 100 ms away: answers are in flight for most of the looks, and a segment in a thousand is lost.
Evidence FarDownload() {
  ConnectionEvidence far = QuietConnection(1);
  far.last.tcp.min_rtt = 100'000;
  far.last.tcp.rtt = 104'000;
  Show(far, Sign::kCwndFull, 90, 800);
  Show(far, Sign::kInRecovery, 8, 120);
  Grow(far, &TcpInfo::busy_time, 3'000'000);
  Grow(far, &TcpInfo::rwnd_limited, 300'000);
  Grow(far, &TcpInfo::data_segs_out, 4'000);
  Grow(far, &TcpInfo::total_retrans, 4);
  far.trends.send_window_max = 3'000'000;
  return HostWith({far});
}

/// Many new connections in one look, all accepted by the next one.
Evidence Burst() {
  Evidence evidence = QuietHost();
  evidence.listeners[0].queue_max = 512;
  evidence.listeners[0].full_looks = 1;
  return evidence;
}

}  // namespace

std::vector<HealthyHost> HealthyHosts() {
  return {
      {"a quiet host", HostWith({QuietConnection(1)})},
      {"nginx under keep-alive load", Nginx()},
      {"a bulk transfer on loopback", Bulk()},
      {"typing in a remote shell", Typing()},
      {"an idle pool", IdlePool()},
      {"a slow server", SlowServer()},
      {"a slow server of large requests", SlowServerOfLargeRequests()},
      {"a busy client", BusyClient()},
      {"a log stream", LogStream()},
      {"a download over 100 ms", FarDownload()},
      {"a burst of clients", Burst()},
  };
}

}  // namespace tunewire
