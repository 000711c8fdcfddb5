#include "support/made_evidence.h"

#include <arpa/inet.h>

#include <algorithm>

namespace tunewire {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

TcpInfo LanTcp() {
  TcpInfo tcp;
  tcp.ca_state = tcp.retransmits = tcp.probes = std::uint8_t{0};
  tcp.rto = 204'000;
  tcp.rtt = 60;
  tcp.min_rtt = 50;
  tcp.snd_mss = tcp.advmss = tcp.rcv_mss = 1448;
  tcp.snd_cwnd = 10;
  tcp.snd_wnd = tcp.rcv_wnd = 65'536;
  tcp.unacked = tcp.notsent_bytes = 0;
  tcp.last_data_sent = tcp.last_data_recv = tcp.last_ack_recv = 500;
  tcp.total_retrans = tcp.data_segs_in = tcp.data_segs_out = tcp.dsack_dups = tcp.reord_seen = 0;
  tcp.total_rto = std::uint16_t{0};
  tcp.bytes_sent = tcp.bytes_acked = tcp.bytes_received = 0;
  tcp.busy_time = tcp.rwnd_limited = tcp.sndbuf_limited = 0;
  return tcp;
}

SocketMemory LanMemory() {
  SocketMemory memory;
  memory.rcvbuf = 131'072;
  memory.sndbuf = 87'040;
  return memory;
}

}  // namespace

SocketEnd EndAt(const std::string& address, std::uint16_t port) {
  SocketEnd end;
  end.port = port;
  end.v6 = address.find(':') != std::string::npos;
  ::inet_pton(end.v6 ? AF_INET6 : AF_INET, address.c_str(), end.address.data());
  return end;
}

ConnectionEvidence QuietConnection(std::uint16_t number) {
  ConnectionEvidence connection;
  SocketInfo& socket = connection.last;
  socket.cookie = 1000U + number;
  socket.inode = 5000U + number;
  socket.state = TcpState::kEstablished;
  socket.local = EndAt("10.0.0.1", 80);
  socket.remote = EndAt("10.0.0.9", static_cast<std::uint16_t>(40000 + number));
  socket.congestion_control = "cubic";
  socket.memory = LanMemory();
  socket.tcp = LanTcp();
  connection.first = socket;
  connection.looks = 120;
  connection.last_ns = 3'000 * kNsPerMs;
  connection.cwnd_max = connection.cwnd_min = 10;
  connection.trends.send_window_max = 65'536;
  connection.owner = 0;
  return connection;
}

ConnectionEvidence OtherEnd(const ConnectionEvidence& connection) {
  ConnectionEvidence other = QuietConnection(0);
  for (SocketInfo* socket : {&other.first, &other.last}) {
    socket->cookie = connection.last.cookie + 10'000;
    socket->inode = connection.last.inode + 10'000;
    socket->local = connection.last.remote;
    socket->remote = connection.last.local;
  }
  other.owner = 1;
  return other;
}

ListenerEvidence QuietListener() {
  ListenerEvidence listener;
  SocketInfo& socket = listener.last;
  socket.cookie = 7;
  socket.inode = 77;
  socket.state = TcpState::kListen;
  socket.local = EndAt("0.0.0.0", 80);
  socket.send_queue = 511;
  socket.congestion_control = "cubic";
  socket.memory = LanMemory();
  listener.first = socket;
  listener.looks = 120;
  listener.owner = 0;
  return listener;
}

Evidence QuietHost() {
  Evidence evidence;
  Process server;
  server.id = {.pid = 4321, .start_ticks = 99};
  server.command = server.executable = "server";
  server.unit = "server.service";
  Process client;
  client.id = {.pid = 8765, .start_ticks = 101};
  client.command = client.executable = "client";
  evidence.processes = {server, client};
  NetworkSettings& settings = evidence.settings;
  settings.somaxconn = settings.max_syn_backlog = 4096;
  settings.syncookies = settings.slow_start_after_idle = 1;
  settings.fin_timeout = 60;
  settings.keepalive_time = 7200;
  settings.keepalive_intvl = 75;
  settings.keepalive_probes = 9;
  settings.port_first = 32768;
  settings.port_last = 60999;
  settings.ports_reserved = 0;
  settings.tw_reuse = 2;
  settings.max_tw_buckets = 262'144;
  settings.rmem_max = settings.wmem_max = 212'992;
  settings.tcp_rmem = {4096, 131'072, 6'291'456};
  settings.tcp_wmem = {4096, 16'384, 4'194'304};
  settings.congestion_control = "cubic";
  evidence.listeners = {QuietListener()};
  evidence.span_ns = 3'000 * kNsPerMs;
  evidence.looks = 120;
  return evidence;
}

Evidence HostWith(std::vector<ConnectionEvidence> connections) {
  Evidence evidence = QuietHost();
  for (const ConnectionEvidence& connection : connections) {
    ++evidence.by_state[static_cast<std::size_t>(connection.last.state)];
  }
  evidence.sockets_seen = connections.size() + evidence.listeners.size();
  evidence.connections = std::move(connections);
  return evidence;
}

void Show(ConnectionEvidence& connection, Sign sign, std::uint32_t looks, std::int64_t longest_ms) {
  SignTally& tally = connection.signs[static_cast<std::size_t>(sign)];
  tally.looks = looks;
  tally.episodes = looks == 0 ? 0 : 1;
  tally.longest_ns = longest_ms * kNsPerMs;
  tally.last_ns = connection.last_ns;
}

void Count(Evidence& evidence, const std::string& counter, std::int64_t moved) {
  auto& all = evidence.counters.all;
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const NetCounter& one) { return one.name == counter; });
  if (at != all.end()) all.erase(at);
  all.push_back({"TcpExt", counter, moved});
}

}  // namespace tunewire
