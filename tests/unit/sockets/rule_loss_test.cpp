#include <doctest/doctest.h>

#include "sockets/look_trends.h"
#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

using Connection = ConnectionEvidence;

TEST_CASE("retransmissions: three at least, and a percent") {
  const Trying trying("retransmissions");
  const auto lost = [](std::uint32_t again, std::uint32_t sent) {
    return [again, sent](Connection& c) {
      Grow(c, &TcpInfo::total_retrans, again);
      Grow(c, &TcpInfo::data_segs_out, sent);
    };
  };
  CHECK_FALSE(trying.FindsIf(lost(2, 100)));
  CHECK(trying.FoundIf(lost(3, 300)).severity == Severity::kWarning);
  CHECK_FALSE(trying.FindsIf(lost(3, 301)));
  CHECK(trying.FoundIf(lost(10, 200)).severity == Severity::kBad);
  CHECK(trying.FoundIf(lost(10, 201)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(lost(9, 100)).severity == Severity::kWarning);
}

TEST_CASE("retransmissions: timeouts make it bad and cost an RTO") {
  const Finding found =
      Trying("retransmissions").FoundIf([](Connection& c) { Grow(c, &TcpInfo::total_rto, 3); });
  CHECK(found.severity == Severity::kBad);
  CHECK(found.cost_us == 204'000);
  CHECK(found.summary ==
        "30 of 1000 segments were sent again (3 %), 3 after a timeout of 204 ms or more");
}

TEST_CASE("retransmissions: what the peer had already was not lost") {
  CHECK_FALSE(
      Trying("retransmissions").FindsIf([](Connection& c) { Grow(c, &TcpInfo::dsack_dups, 28); }));
}

TEST_CASE("retransmissions: what was lost before the watch does not count") {
  CHECK_FALSE(Trying("retransmissions").FindsIf([](Connection& c) {
    c.first.tcp.total_retrans = c.last.tcp.total_retrans = 5'000;
  }));
}

TEST_CASE("peer_silent: three timeouts in a row") {
  const Trying trying("peer_silent");
  CHECK(trying.Found().severity == Severity::kBad);
  CHECK(trying.Found().cost_us == 9'000'000);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.retransmits = 2; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.timer = SocketTimer::kPersist; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.state = TcpState::kSynSent; }));
}

TEST_CASE("spurious_retransmissions: three that the peer had, and half of all") {
  const Trying trying("spurious_retransmissions");
  const auto needless = [](std::uint32_t dups, std::uint32_t all) {
    return [dups, all](Connection& c) {
      Grow(c, &TcpInfo::dsack_dups, dups);
      Grow(c, &TcpInfo::total_retrans, all);
    };
  };
  CHECK(trying.FoundIf(needless(10, 20)).confidence == Confidence::kConfirmed);
  CHECK_FALSE(trying.FindsIf(needless(10, 21)));
  // A percent of what was sent, and three at least.
  CHECK_FALSE(trying.FindsIf(needless(9, 9)));
  const auto short_one = [](std::uint32_t dups) {
    return [dups](Connection& c) {
      Grow(c, &TcpInfo::data_segs_out, 20);
      Grow(c, &TcpInfo::dsack_dups, dups);
      Grow(c, &TcpInfo::total_retrans, dups);
    };
  };
  CHECK(trying.FindsIf(short_one(3)));
  CHECK_FALSE(trying.FindsIf(short_one(2)));
}

TEST_CASE("spurious_retransmissions: tail loss probes are no trouble") {
  const Trying trying("spurious_retransmissions");
  CHECK(trying.Finds([](Evidence& e) { Count(e, "TCPLossProbes", 9); }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { Count(e, "TCPLossProbes", 10); }));
}

TEST_CASE("spurious_retransmissions: a closed window has probes of its own") {
  const Trying trying("spurious_retransmissions");
  const auto stopped = [](std::uint32_t zero, std::uint32_t full) {
    return [=](Connection& c) {
      Show(c, Sign::kPeerWindowZero, zero, 25);
      Show(c, Sign::kPeerWindowFull, full, 25);
    };
  };
  CHECK(trying.FindsIf(stopped(15, 14)));
  CHECK_FALSE(trying.FindsIf(stopped(15, 15)));
}

TEST_CASE("spurious_retransmissions: the namespace's counter accuses nobody") {
  Evidence evidence = QuietHost();
  Count(evidence, "TCPSpuriousRTOs", 3);
  const auto found = JudgedBy("spurious_retransmissions", evidence);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == Severity::kInfo);
  CHECK_FALSE(found[0].process);
  Count(evidence, "TCPSpuriousRTOs", 2);
  CHECK(JudgedBy("spurious_retransmissions", evidence).empty());
}

TEST_CASE("reordering: three times; a warning from a percent on; never within a host") {
  const Trying trying("reordering");
  const auto seen = [](std::uint32_t times) {
    return [times](Connection& c) { Grow(c, &TcpInfo::reord_seen, times); };
  };
  CHECK_FALSE(trying.FindsIf(seen(2)));
  CHECK(trying.FoundIf(seen(3)).severity == Severity::kInfo);
  CHECK(trying.FoundIf(seen(9)).severity == Severity::kInfo);
  CHECK(trying.FoundIf(seen(10)).severity == Severity::kWarning);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.remote = EndAt("10.0.0.1", 5); }));
}

TEST_CASE("idle_collapse: costs the round trips until the window is back") {
  const Trying trying("idle_collapse");
  const Finding found = trying.Found();
  CHECK(found.cost_us == 4 * 40'000);
  CHECK(found.severity == Severity::kWarning);
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(trying.FoundIf([](Connection& c) { c.last.tcp.min_rtt = 249; }).severity ==
        Severity::kInfo);
  CHECK(trying.FoundIf([](Connection& c) { c.last.tcp.min_rtt = 250; }).severity ==
        Severity::kWarning);
}

TEST_CASE("idle_collapse: needs the setting, and a control that restarts") {
  const Trying trying("idle_collapse");
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.slow_start_after_idle = 0; }));
  CHECK(trying.Found([](Evidence& e) { e.settings.slow_start_after_idle.reset(); }).confidence ==
        Confidence::kLikely);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.congestion_control = "bbr"; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.trends.idle_collapses = 0; }));
}

// The trends themselves.
constexpr SignSet Bit(Sign sign) { return 1U << static_cast<unsigned>(sign); }

SocketInfo Look(std::uint32_t cwnd, std::uint32_t quiet_ms) {
  SocketInfo socket = QuietConnection(1).last;
  socket.tcp.snd_cwnd = cwnd;
  socket.tcp.last_data_sent = quiet_ms;
  return socket;
}

TEST_CASE("trends: a hold counts as quiet from 10 ms on") {
  LookTrends trends;
  AddLookTrends(trends, nullptr, Look(10, 9), Bit(Sign::kHeldSmall));
  CHECK(trends.held_quiet_looks == 0);
  AddLookTrends(trends, nullptr, Look(10, 10), Bit(Sign::kHeldSmall));
  AddLookTrends(trends, nullptr, Look(10, 36), Bit(Sign::kHeldSmall));
  AddLookTrends(trends, nullptr, Look(10, 500), Bit(Sign::kAwaitsReply));
  CHECK(trends.held_quiet_looks == 2);
  CHECK(trends.held_quiet_max_ms == 36);
}

TEST_CASE("trends: a closed window blocks only who has something to send") {
  LookTrends trends;
  SocketInfo look = Look(10, 700);
  AddLookTrends(trends, nullptr, look, Bit(Sign::kPeerWindowZero));
  CHECK(trends.blocked_max_ms == 0);
  look.tcp.notsent_bytes = 1;
  AddLookTrends(trends, nullptr, look, Bit(Sign::kPeerWindowZero));
  CHECK(trends.blocked_max_ms == 700);
}

TEST_CASE("trends: the largest window is kept") {
  LookTrends trends;
  SocketInfo look = Look(10, 0);
  look.tcp.snd_wnd = 9'000;
  AddLookTrends(trends, nullptr, look, 0);
  look.tcp.snd_wnd = 100;
  AddLookTrends(trends, nullptr, look, 0);
  CHECK(trends.send_window_max == 9'000);
}

std::uint32_t Collapses(const SocketInfo& before, const SocketInfo& now) {
  LookTrends trends;
  AddLookTrends(trends, &before, now, 0);
  return trends.idle_collapses;
}

TEST_CASE("trends: half the window after a pause is a collapse") {
  CHECK(Collapses(Look(20, 180), Look(10, 0)) == 1);
  CHECK(Collapses(Look(20, 180), Look(11, 0)) == 0);
  CHECK(Collapses(Look(19, 180), Look(9, 0)) == 0);
  // It has not paused for half an RTO (204 ms): the window fell for another reason.
  CHECK(Collapses(Look(20, 101), Look(10, 0)) == 0);
  CHECK(Collapses(Look(20, 102), Look(10, 0)) == 1);
}

TEST_CASE("trends: loss and marks shrink windows for good reason") {
  const SocketInfo before = Look(100, 180);
  SocketInfo now = Look(10, 0);
  now.tcp.total_retrans = 1;
  CHECK(Collapses(before, now) == 0);
  now = Look(10, 0);
  now.tcp.delivered_ce = 1;
  CHECK(Collapses(before, now) == 0);
  now = Look(10, 0);
  now.tcp.ca_state = 2;
  CHECK(Collapses(before, now) == 0);
  SocketInfo busy = before;
  busy.tcp.unacked = 3;
  CHECK(Collapses(busy, Look(10, 0)) == 0);
}

TEST_CASE("trends: the deepest collapse is the one that is told") {
  LookTrends trends;
  const auto fall = [&](std::uint32_t from, std::uint32_t to) {
    const SocketInfo before = Look(from, 300);
    AddLookTrends(trends, &before, Look(to, 0), 0);
  };
  fall(40, 20);
  fall(200, 10);
  fall(60, 10);
  CHECK(trends.idle_collapses == 3);
  CHECK(trends.collapse_from == 200);
  CHECK(trends.collapse_to == 10);
}

}  // namespace
}  // namespace tunewire
