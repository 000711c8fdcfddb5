// Rules about connections that begin, idle and end.
#include <doctest/doctest.h>

#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

using Connection = ConnectionEvidence;

std::uint64_t& InState(Evidence& evidence, TcpState state) {
  return evidence.by_state[static_cast<std::size_t>(state)];
}

TEST_CASE("accept_queue_full: three looks, a tenth of all") {
  const Trying trying("accept_queue_full");
  const auto full = [](std::uint32_t full_looks, std::uint32_t looks) {
    return [=](Evidence& e) {
      e.listeners[0].full_looks = full_looks;
      e.listeners[0].looks = looks;
    };
  };
  CHECK(trying.Found().severity == Severity::kBad);
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.Finds(full(3, 30)));
  CHECK_FALSE(trying.Finds(full(3, 31)));
  CHECK_FALSE(trying.Finds(full(2, 3)));
}

TEST_CASE("accept_queue_full: says whose limit the backlog is") {
  const Trying trying("accept_queue_full");
  CHECK(trying.Found().advice ==
        "the program accepts too slowly, or asks listen(2) for a backlog of only 5; "
        "net.core.somaxconn allows 4096");
  const Finding capped = trying.Found([](Evidence& e) { e.settings.somaxconn = 5; });
  CHECK(capped.advice.find("net.core.somaxconn's 5") != std::string::npos);
}

TEST_CASE("accept_queue_overflow: the counter and the listener's drops") {
  const Trying trying("accept_queue_overflow");
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.Found().local.port == 80);
  CHECK(trying.Found([](Evidence& e) { e.listeners[0].queue_max = 510; }).confidence ==
        Confidence::kLikely);
  // Drops without an overflow have other reasons.
  CHECK_FALSE(trying.Finds([](Evidence& e) { Count(e, "ListenOverflows", 0); }));
  // Drops of before do not count; the overflow was somebody else's.
  const Finding elsewhere =
      trying.Found([](Evidence& e) { e.listeners[0].first.memory->drops = 40; });
  CHECK(elsewhere.severity == Severity::kWarning);
  CHECK_FALSE(elsewhere.process);
}

TEST_CASE("syn_backlog: cookies, drops, and a queue that is nearly full") {
  const Trying trying("syn_backlog");
  CHECK(trying.Found().severity == Severity::kWarning);
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.Found([](Evidence& e) { Count(e, "TCPReqQFullDrop", 1); }).severity ==
        Severity::kBad);
  // With tcp_syncookies=2 every SYN gets a cookie.
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.syncookies = 2; }));
}

TEST_CASE("syn_backlog: three quarters of the listener's backlog, sixteen at least") {
  const auto half_open = [](std::uint16_t count, std::uint32_t backlog) {
    std::vector<ConnectionEvidence> all;
    for (std::uint16_t number = 0; number < count; ++number) {
      all.push_back(QuietConnection(number));
      all.back().last.state = TcpState::kSynReceived;
    }
    Evidence evidence = HostWith(all);
    evidence.listeners[0].last.send_queue = backlog;
    return JudgedBy("syn_backlog", evidence);
  };
  REQUIRE(half_open(96, 128).size() == 1);
  CHECK(half_open(96, 128)[0].confidence == Confidence::kLikely);
  CHECK(half_open(96, 128)[0].local.port == 80);
  CHECK(half_open(95, 128).empty());
  CHECK(half_open(16, 5).size() == 1);
  CHECK(half_open(15, 5).empty());
}

TEST_CASE("connect_unanswered: from the first SYN that was sent again") {
  const Trying trying("connect_unanswered");
  const auto tries = [](std::uint8_t count) {
    return [count](Connection& c) { c.last.retransmits = count; };
  };
  CHECK_FALSE(trying.FindsIf(tries(0)));
  CHECK(trying.FoundIf(tries(1)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(tries(3)).severity == Severity::kBad);
  CHECK(trying.FoundIf(tries(3)).cost_us == 7'000'000);
}

TEST_CASE("connect_unanswered: a full queue on this host is the server's finding") {
  const Trying trying("connect_unanswered");
  const auto to = [](const char* address, std::uint32_t full_looks) {
    return [=](Evidence& e) {
      e.connections[0].last.remote = EndAt(address, 80);
      e.listeners[0].full_looks = full_looks;
    };
  };
  CHECK(trying.Found(to("10.0.0.1", 1)).severity == Severity::kInfo);
  CHECK(trying.Found(to("10.0.0.1", 0)).severity == Severity::kWarning);
  CHECK(trying.Found(to("10.0.0.7", 1)).severity == Severity::kWarning);
}

TEST_CASE("close_wait_leak: five for two seconds") {
  const Trying trying("close_wait_leak");
  const Finding found = trying.Found();
  CHECK(found.severity == Severity::kWarning);
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(found.connections == 5);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.tcp.last_ack_recv = 1'999; }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.connections.pop_back(); }));
  // In an accept queue, or the peer has ended its half only and is being served.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.inode = 0; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.send_queue = 1; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_sent, 1); }));
}

TEST_CASE("close_wait_leak: a minute is bad for many, and a word for a few") {
  const Trying trying("close_wait_leak");
  const auto old = [](std::uint32_t ms) {
    return [ms](Connection& c) { c.last.tcp.last_ack_recv = ms; };
  };
  CHECK(trying.FoundIf(old(60'000)).severity == Severity::kBad);
  CHECK(trying.FoundIf(old(59'999)).severity == Severity::kWarning);
  const Finding few = trying.Found([](Evidence& e) {
    e.connections.resize(1);
    e.connections[0].last.tcp.last_ack_recv = 60'000;
  });
  CHECK(few.severity == Severity::kInfo);
}

TEST_CASE("close_wait_leak: each process for itself") {
  CHECK_FALSE(Trying("close_wait_leak").Finds([](Evidence& e) { e.connections[0].owner = 1; }));
}

TEST_CASE("fin_wait_pile: the namespace's") {
  const Trying trying("fin_wait_pile");
  CHECK_FALSE(trying.Finds([](Evidence& e) { InState(e, TcpState::kFinWait1) = 199; }));
  CHECK(trying.Finds([](Evidence& e) {
    InState(e, TcpState::kFinWait1) = 199;
    InState(e, TcpState::kLastAck) = 1;
  }));
  const auto unfollowed = [](std::uint64_t count, std::uint64_t established) {
    return [=](Evidence& e) {
      InState(e, TcpState::kFinWait1) = 0;
      InState(e, TcpState::kFinWait2) = count;
      InState(e, TcpState::kEstablished) = established;
    };
  };
  CHECK(trying.Finds(unfollowed(1'000, 999)));
  CHECK_FALSE(trying.Finds(unfollowed(1'000, 1'000)));
  CHECK_FALSE(trying.Finds(unfollowed(999, 0)));
}

TEST_CASE("fin_wait_pile: a program that shuts down and never closes") {
  const auto half_shut = [](std::uint16_t count, std::uint32_t ms) {
    std::vector<ConnectionEvidence> all;
    for (std::uint16_t number = 0; number < count; ++number) {
      all.push_back(QuietConnection(number));
      all.back().last.state = TcpState::kFinWait2;
      all.back().last.tcp.last_ack_recv = ms;
    }
    return JudgedBy("fin_wait_pile", HostWith(all));
  };
  REQUIRE(half_shut(10, 60'000).size() == 1);
  CHECK(half_shut(10, 60'000)[0].process->command == "server");
  CHECK(half_shut(9, 60'000).empty());
  CHECK(half_shut(10, 59'999).empty());
}

TEST_CASE("source_ports: seven tenths a warning, nine tenths bad") {
  // 28,232 ports are allowed.
  const Trying trying("source_ports");
  const auto taken = [](std::uint32_t ports) {
    return [ports](Evidence& e) { e.destinations[0].ports = ports; };
  };
  CHECK_FALSE(trying.Finds(taken(19'762)));
  CHECK(trying.Found(taken(19'763)).severity == Severity::kWarning);
  CHECK(trying.Found(taken(25'408)).severity == Severity::kWarning);
  CHECK(trying.Found(taken(25'409)).severity == Severity::kBad);
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
}

TEST_CASE("source_ports: reserved ones count, TIME_WAIT that is used again does not") {
  const Trying trying("source_ports");
  CHECK(trying.Found([](Evidence& e) { e.settings.ports_reserved = 7'000; }).severity ==
        Severity::kBad);
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.tw_reuse = 1; }));
  // 2, the kernel's own value, is for loopback only.
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.destinations[0].remote = EndAt("127.0.0.1", 80); }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.port_last.reset(); }));
}

TEST_CASE("time_wait_overflow: thrown away, or nine tenths of the limit") {
  const Trying trying("time_wait_overflow");
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  const auto near = [](std::uint64_t count) {
    return [count](Evidence& e) {
      Count(e, "TCPTimeWaitOverflow", 0);
      e.settings.max_tw_buckets = 1'000;
      InState(e, TcpState::kTimeWait) = count;
    };
  };
  CHECK(trying.Found(near(900)).confidence == Confidence::kLikely);
  CHECK_FALSE(trying.Finds(near(899)));
}

TEST_CASE("keepalive_unanswered: two probes in a row") {
  const Trying trying("keepalive_unanswered");
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.retransmits = 1; }));
  CHECK(trying.FindsIf([](Connection& c) {
    c.last.retransmits = 0;
    c.last.tcp.probes = 2;
  }));
  // Window probes are counted alike.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.timer = SocketTimer::kPersist; }));
}

TEST_CASE("idle_cut: the host's own connection tracking makes it a warning") {
  const Trying trying("idle_cut");
  const auto idle = [](std::uint32_t ms) {
    return [ms](Connection& c) {
      TcpInfo& tcp = c.last.tcp;
      tcp.last_data_sent = tcp.last_data_recv = tcp.last_ack_recv = ms;
    };
  };
  CHECK(trying.FoundIf(idle(480'000)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(idle(479'999)).severity == Severity::kInfo);
  CHECK(trying.FoundIf(idle(240'000)).severity == Severity::kInfo);
  CHECK_FALSE(trying.FindsIf(idle(239'999)));
}

TEST_CASE("idle_cut: a keep-alive probe in time keeps it") {
  const Trying trying("idle_cut");
  const auto probe = [](std::uint32_t in_ms) {
    return [in_ms](Connection& c) {
      c.last.timer = SocketTimer::kKeepAlive;
      c.last.timer_ms = in_ms;
    };
  };
  CHECK(trying.FoundIf(probe(100'001)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(probe(100'000)).severity == Severity::kInfo);
}

TEST_CASE("idle_cut: nothing stands between two programs of one host") {
  const Trying trying("idle_cut");
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.remote = EndAt("127.0.0.1", 5); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.remote = EndAt("10.0.0.1", 5); }));
}

}  // namespace
}  // namespace tunewire
