// Signs of one look: each with its positive and negative cases.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/made_sockets.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

SocketInfo Resting() { return RestingConnection(1, "10.0.0.1:80", "10.0.0.9:4711"); }

/// As the sender of `write, write, read` looks: 98 % of looks at a stalled server.
SocketInfo Held() {
  SocketInfo socket = Resting();
  PutUnsent(socket, 1000, 1, 200);
  socket.tcp.last_data_sent = 20;
  return socket;
}

SocketInfo Corked() {
  SocketInfo socket = Resting();
  PutUnsent(socket, 300, 0, 0);
  return socket;
}

bool Shows(const SocketInfo& socket, Sign sign, const std::optional<AckState>& ack = std::nullopt) {
  return ((SignsOf(socket, ack) >> static_cast<unsigned>(sign)) & 1U) != 0;
}

struct Case {
  std::string what;
  std::function<void(SocketInfo&)> change;
};

void CheckNone(Sign sign, const SocketInfo& shows, const std::vector<Case>& changes) {
  REQUIRE(Shows(shows, sign));
  for (const Case& one : changes) {
    CAPTURE(one.what);
    SocketInfo changed = shows;
    one.change(changed);
    CHECK_FALSE(Shows(changed, sign));
  }
}

}  // namespace

TEST_CASE("signs: every one has a name of its own") {
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < kSigns; ++at) {
    const std::string_view name = NameOf(static_cast<Sign>(at));
    CHECK(!name.empty());
    CHECK(std::find(names.begin(), names.end(), name) == names.end());
    names.push_back(name);
  }
  CHECK(NameOf(Sign::kHeldSmall) == "held_small");
  CHECK(NameOf(Sign::kOwesReply) == "owes_reply");
}

TEST_CASE("signs: a connection at rest shows no trouble, a listener nothing") {
  CHECK(SignsOf(Resting(), std::nullopt) == 0);
  SocketInfo listener = RestingListener(1, "0.0.0.0:80", 511);
  listener.receive_queue = 600;
  CHECK(SignsOf(listener, std::nullopt) == 0);
  CHECK(SignsOf(TimeWaitSocket(1, "10.0.0.1:80", "10.0.0.9:1"), std::nullopt) == 0);
}

TEST_CASE("signs: held small is Minshall's Nagle and nothing else") {
  CheckNone(Sign::kHeldSmall, Held(),
            {{"nothing unsent", [](SocketInfo& s) { PutUnsent(s, 0, 1, 200); }},
             {"a full segment unsent", [](SocketInfo& s) { PutUnsent(s, 1448, 1, 200); }},
             {"nothing on the way", [](SocketInfo& s) { PutUnsent(s, 1000, 0, 0); }},
             {"only full segments on the way", [](SocketInfo& s) { PutUnsent(s, 1000, 2, 2896); }},
             {"the peer's window is full", [](SocketInfo& s) { s.tcp.snd_wnd = 1199; }},
             {"the peer's window is closed", [](SocketInfo& s) { s.tcp.snd_wnd = 0; }},
             {"cwnd is full", [](SocketInfo& s) { s.tcp.snd_cwnd = 1; }},
             {"fast recovery", [](SocketInfo& s) { s.tcp.ca_state = 3; }},
             {"an RTO has fired", [](SocketInfo& s) { s.tcp.retransmits = 1; }},
             {"a segment is lost", [](SocketInfo& s) { s.tcp.lost = 1; }},
             {"the device has not sent what went before",
              [](SocketInfo& s) { s.memory->wmem_alloc = 2304; }},
             {"pacing",
              [](SocketInfo& s) {
                s.congestion_control = "bbr";
                s.tcp.pacing_rate = 5000;  // 200 bytes take 40 ms
              }},
             {"unknown MSS", [](SocketInfo& s) { s.tcp.snd_mss.reset(); }},
             {"a connection that is not there yet",
              [](SocketInfo& s) { s.state = TcpState::kSynSent; }}});
}

TEST_CASE("signs: held small bears what kernels leave out and what does not matter") {
  SocketInfo held = Held();
  held.tcp.snd_wnd.reset();
  held.tcp.rcv_wnd.reset();
  held.memory.reset();
  CHECK(Shows(held, Sign::kHeldSmall));
  held.tcp.ca_state = 1;  // disorder: a duplicate ACK came
  CHECK(Shows(held, Sign::kHeldSmall));
  held = Held();
  held.tcp.snd_wnd = 1200;  // fits to the byte
  CHECK(Shows(held, Sign::kHeldSmall));
  held.state = TcpState::kCloseWait;
  CHECK(Shows(held, Sign::kHeldSmall));
  held.congestion_control = "bbr";
  held.tcp.pacing_rate = 100000;  // 200 bytes took 2 ms, 20 ms ago
  CHECK(Shows(held, Sign::kHeldSmall));
  held.tcp.snd_wnd = 65536;
  PutUnsent(held, 1000, 2, 1448 + 200);  // one full and one small segment on the way
  CHECK(Shows(held, Sign::kHeldSmall));
}

TEST_CASE("signs: corked") {
  CheckNone(Sign::kCorked, Corked(),
            {{"something is on the way", [](SocketInfo& s) { PutUnsent(s, 300, 1, 100); }},
             {"a full segment", [](SocketInfo& s) { PutUnsent(s, 1448, 0, 0); }},
             {"window closed", [](SocketInfo& s) { s.tcp.snd_wnd = 0; }},
             {"window too small", [](SocketInfo& s) { s.tcp.snd_wnd = 299; }},
             {"recovery", [](SocketInfo& s) { s.tcp.ca_state = 4; }},
             {"pacing", [](SocketInfo& s) {
                s.congestion_control = "bbr";
                s.tcp.last_data_sent = 4;
                s.tcp.pacing_rate = 5000;  // 100 bytes a segment take 20 ms
              }}});
}

TEST_CASE("signs: the persist timer with an open window") {
  CheckNone(Sign::kPersistOpen, Corked(),
            {{"another timer", [](SocketInfo& s) { s.timer = SocketTimer::kRetransmit; }},
             {"window closed", [](SocketInfo& s) { s.tcp.snd_wnd = 0; }},
             {"window too small for the next segment", [](SocketInfo& s) { s.tcp.snd_wnd = 200; }},
             {"the window is not known", [](SocketInfo& s) { s.tcp.snd_wnd.reset(); }}});
}

TEST_CASE("signs: what keeps a sender from sending") {
  SocketInfo socket = Resting();
  PutUnsent(socket, 100000, 10, 14480);
  CHECK(Shows(socket, Sign::kCwndFull));
  CHECK_FALSE(Shows(socket, Sign::kPeerWindowFull));
  socket.tcp.sacked = 1;
  CHECK_FALSE(Shows(socket, Sign::kCwndFull));
  socket.tcp.snd_wnd = 14480 + 1447;
  CHECK(Shows(socket, Sign::kPeerWindowFull));
  CHECK_FALSE(Shows(socket, Sign::kPeerWindowZero));
  socket.tcp.snd_wnd = 14480 + 1448;
  CHECK_FALSE(Shows(socket, Sign::kPeerWindowFull));
  PutUnsent(socket, 100000, 0, 0);
  socket.tcp.snd_wnd = 0;
  CHECK(Shows(socket, Sign::kPeerWindowZero));
  CHECK_FALSE(Shows(socket, Sign::kPeerWindowFull));
  socket.tcp.snd_wnd.reset();
  CHECK_FALSE(Shows(socket, Sign::kPeerWindowZero));
  socket.tcp.probes = 2;
  CHECK(Shows(socket, Sign::kPeerWindowZero));
}

TEST_CASE("signs: the send buffer is full where write(2) has no room") {
  SocketInfo socket = Resting();
  PutUnsent(socket, 60000, 10, 14480);
  socket.memory->wmem_queued = socket.memory->sndbuf;
  CHECK(Shows(socket, Sign::kSendBufferFull));
  socket.memory->wmem_queued = socket.memory->sndbuf / 3 * 2 + 2;  // its writer still sleeps
  CHECK(Shows(socket, Sign::kSendBufferFull));
  --socket.memory->wmem_queued;
  CHECK_FALSE(Shows(socket, Sign::kSendBufferFull));
  socket.memory.reset();
  CHECK_FALSE(Shows(socket, Sign::kSendBufferFull));
}

TEST_CASE("signs: a reader that is behind; the peer's FIN is no byte") {
  SocketInfo socket = Resting();
  socket.receive_queue = 1;
  CHECK(Shows(socket, Sign::kReaderBehind));
  socket.state = TcpState::kCloseWait;
  CHECK_FALSE(Shows(socket, Sign::kReaderBehind));
  socket.receive_queue = 2;
  CHECK(Shows(socket, Sign::kReaderBehind));
}

TEST_CASE("signs: our own window is closed") {
  SocketInfo socket = Resting();
  socket.receive_queue = 60000;
  CHECK_FALSE(Shows(socket, Sign::kOwnWindowZero));
  socket.tcp.rcv_wnd = 0;
  CHECK(Shows(socket, Sign::kOwnWindowZero));
  socket.tcp.rcv_wnd.reset();  // before Linux 6.2 the buffer tells
  CHECK_FALSE(Shows(socket, Sign::kOwnWindowZero));
  socket.memory->rmem_alloc = 131000;
  CHECK(Shows(socket, Sign::kOwnWindowZero));
}

TEST_CASE("signs: an ACK is due where the last word is the peer's and its timer can still run") {
  SocketInfo socket = Resting();
  socket.tcp.last_data_recv = 8;
  socket.tcp.last_data_sent = 300;
  CHECK(Shows(socket, Sign::kAckPending));
  CHECK(Shows(socket, Sign::kOwesReply));
  CHECK(Shows(socket, Sign::kAckPending, AckState{.pingpong = true}));
  CHECK_FALSE(Shows(socket, Sign::kAckPending, AckState{.quick = 16}));
  socket.tcp.last_data_recv = 0;
  CHECK_FALSE(Shows(socket, Sign::kAckPending));
  socket.tcp.last_data_recv = 52;  // 40 ms and two jiffies are over
  CHECK_FALSE(Shows(socket, Sign::kAckPending));
  socket.tcp.ato = 200000;
  CHECK_FALSE(Shows(socket, Sign::kAckPending));
  socket.tcp.rtt = 100000;
  CHECK(Shows(socket, Sign::kAckPending));
}

TEST_CASE("signs: a question in the jiffy of our last answer") {
  SocketInfo socket = Resting();
  socket.tcp.last_data_recv = socket.tcp.last_data_sent = socket.tcp.last_ack_recv = 20;
  socket.tcp.segs_in = socket.tcp.data_segs_in = 2000;
  socket.tcp.data_segs_out = 1000;
  socket.tcp.segs_out = 2000;  // one delayed ACK an exchange
  CHECK(Shows(socket, Sign::kAckPending));
  SocketInfo healthy = socket;
  healthy.tcp.segs_out = 1000;  // every ACK rides on an answer
  CHECK_FALSE(Shows(healthy, Sign::kAckPending));
  healthy = socket;
  healthy.tcp.segs_in = 4000;  // the peer acknowledges answers at once
  CHECK_FALSE(Shows(healthy, Sign::kAckPending));
  healthy = socket;
  healthy.tcp.data_segs_out = 2000;  // ours are the questions, each answer had our ACK at once
  healthy.tcp.segs_out = 4000;
  CHECK_FALSE(Shows(healthy, Sign::kAckPending));
  healthy = socket;
  healthy.tcp.unacked = 1;  // our answer is the last word
  CHECK_FALSE(Shows(healthy, Sign::kAckPending));
  healthy = socket;
  healthy.tcp.last_data_recv = healthy.tcp.last_data_sent = healthy.tcp.last_ack_recv = 0;
  CHECK_FALSE(Shows(healthy, Sign::kAckPending));
}

TEST_CASE("signs: whose turn it is") {
  SocketInfo socket = Resting();
  socket.tcp.last_data_sent = 100;
  socket.tcp.last_data_recv = 200;
  CHECK(Shows(socket, Sign::kAwaitsReply));
  CHECK_FALSE(Shows(socket, Sign::kOwesReply));
  socket.tcp.unacked = 1;
  CHECK_FALSE(Shows(socket, Sign::kAwaitsReply));
  socket.tcp.unacked = 0;
  socket.tcp.last_data_recv = 100;  // within one jiffy: nobody can tell
  CHECK_FALSE(Shows(socket, Sign::kAwaitsReply));
  socket.tcp.data_segs_in = 0;  // the times of a silent peer are those of its handshake
  CHECK(Shows(socket, Sign::kAwaitsReply));
}

TEST_CASE("signs: retransmitting, recovery and ping-pong") {
  SocketInfo socket = Resting();
  PutUnsent(socket, 0, 1, 100);
  socket.tcp.retransmits = 2;
  CHECK(Shows(socket, Sign::kRetransmitting));
  socket.timer = SocketTimer::kKeepAlive;  // probes of an idle peer count there too
  CHECK_FALSE(Shows(socket, Sign::kRetransmitting));
  CHECK_FALSE(Shows(socket, Sign::kInRecovery));
  socket.tcp.ca_state = 2;
  CHECK_FALSE(Shows(socket, Sign::kInRecovery));
  socket.tcp.ca_state = 3;
  CHECK(Shows(socket, Sign::kInRecovery));
  CHECK_FALSE(Shows(socket, Sign::kPingPong));
  CHECK(Shows(socket, Sign::kPingPong, AckState{.pingpong = true}));
}

}  // namespace tunewire
