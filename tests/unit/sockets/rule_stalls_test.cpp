#include <doctest/doctest.h>

#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

using Connection = ConnectionEvidence;

TEST_CASE("held_by_nagle: a proven stall") {
  const Finding found = Trying("held_by_nagle").Found();
  CHECK(found.severity == Severity::kBad);
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(found.cost_us == 44'000);
  CHECK(found.fix == LiveFix::kNodelay);
  CHECK(found.summary ==
        "small writes wait unsent for the ACK of the one before: 98 % of 120 looks, up to 44 ms "
        "each");
}

TEST_CASE("held_by_nagle: three quiet looks are likely, five a proof, two nothing") {
  const Trying trying("held_by_nagle");
  const auto with = [&](std::uint32_t looks) {
    return [looks](Connection& c) { c.trends.held_quiet_looks = looks; };
  };
  CHECK_FALSE(trying.FindsIf(with(2)));
  CHECK(trying.FoundIf(with(3)).confidence == Confidence::kLikely);
  CHECK(trying.FoundIf(with(4)).confidence == Confidence::kLikely);
  CHECK(trying.FoundIf(with(5)).confidence == Confidence::kConfirmed);
}

TEST_CASE("held_by_nagle: what the options say") {
  const Trying trying("held_by_nagle");
  CHECK(trying.FoundIf([](Connection& c) { c.options.reset(); }).confidence == Confidence::kLikely);
  CHECK(trying.FoundIf([](Connection& c) { c.options->cork = true; }).confidence ==
        Confidence::kLikely);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.options->nodelay = true; }));
}

TEST_CASE("held_by_nagle: a quarter of the looks is bad, less a warning") {
  const Trying trying("held_by_nagle");
  const auto held = [](std::uint32_t looks) {
    return [looks](Connection& c) { Show(c, Sign::kHeldSmall, looks, 44); };
  };
  CHECK(trying.FoundIf(held(30)).severity == Severity::kBad);
  CHECK(trying.FoundIf(held(29)).severity == Severity::kWarning);
}

TEST_CASE("held_by_nagle: what else holds a small segment back is not called Nagle") {
  const Trying trying("held_by_nagle");
  // One hold only: nothing was sent in between, the peer may be gone.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_out, 2); }));
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_out, 3); }));
  // The late ACK was one of a segment that was lost.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::total_retrans, 24); }));
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::total_retrans, 23); }));
  // A cork holds with nothing on the way as well.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kCorked, 30, 60); }));
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kCorked, 29, 60); }));
}

TEST_CASE("held_by_nagle: a slow pacing rate leaves it likely") {
  // Segments of 550 bytes; 5 ms each at 110,000 bytes a second.
  const Trying trying("held_by_nagle");
  const auto paced = [](std::uint64_t rate) {
    return [rate](Connection& c) { c.last.tcp.pacing_rate = rate; };
  };
  CHECK(trying.FoundIf(paced(110'000)).confidence == Confidence::kLikely);
  CHECK(trying.FoundIf(paced(110'001)).confidence == Confidence::kConfirmed);
}

TEST_CASE("held_by_nagle: a stream that nobody answers is worth a word only") {
  const Finding found =
      Trying("held_by_nagle").FoundIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_in, 0); });
  CHECK(found.severity == Severity::kInfo);
}

TEST_CASE("held_by_nagle: a bulk sender caught in every look is not held") {
  CHECK_FALSE(
      Trying("held_by_nagle").FindsIf([](Connection& c) { c.trends.held_quiet_looks = 0; }));
}

TEST_CASE("ack_delayed_here: likely, and never more") {
  const Finding found = Trying("ack_delayed_here").Found();
  CHECK(found.severity == Severity::kWarning);
  CHECK(found.confidence == Confidence::kLikely);
  CHECK(found.fix == LiveFix::kQuickAck);
}

TEST_CASE("ack_delayed_here: the writer on this host is named instead") {
  Evidence evidence = *TroubleOf("ack_delayed_here");
  ConnectionEvidence writer = OtherEnd(evidence.connections[0]);
  const ConnectionEvidence held = TroubleOf("held_by_nagle")->connections[0];
  writer.signs = held.signs;
  writer.trends = held.trends;
  Grow(writer, &TcpInfo::data_segs_out, 136);
  Grow(writer, &TcpInfo::data_segs_in, 68);
  evidence.connections.push_back(writer);
  const auto found = JudgeSockets(evidence);
  REQUIRE(found.size() == 2);
  CHECK(found[0].rule == "held_by_nagle");
  REQUIRE(found[0].process);
  CHECK(found[0].process->command == "client");
  CHECK(found[1].rule == "ack_delayed_here");
  CHECK(found[1].severity == Severity::kInfo);
}

TEST_CASE("ack_delayed_here: a writer on this host that holds nothing back is slow, and no fault") {
  Evidence evidence = *TroubleOf("ack_delayed_here");
  evidence.connections.push_back(OtherEnd(evidence.connections[0]));
  const auto found = JudgeSockets(evidence);
  REQUIRE(found.size() == 1);
  CHECK(found[0].rule == "ack_delayed_here");
  CHECK(found[0].severity == Severity::kInfo);
}

TEST_CASE("ack_delayed_here: boundaries") {
  const Trying trying("ack_delayed_here");
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kAckPending, 60, 44); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kAckPending, 59, 44); }));
  // Nobody has read what came: the reader is late, not the rest.
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kReaderBehind, 50, 44); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kReaderBehind, 51, 44); }));
  // 1.5 segments an answer
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_in, 102); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_in, 101); }));
  // 30 answers a second: the timer is slower
  const auto answers = [](std::uint32_t count) {
    return [count](Evidence& e) {
      Grow(e.connections[0], &TcpInfo::data_segs_out, count);
      Count(e, "DelayedACKs", 1'000);
    };
  };
  CHECK(trying.Finds(answers(90)));
  CHECK_FALSE(trying.Finds(answers(91)));
  // Half an MSS in the mean: large messages, not pieces
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_received, 136 * 724 - 1); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_received, 136 * 724); }));
  // The timer fired for three quarters of the answers, those of all suspects together
  CHECK(trying.Finds([](Evidence& e) { Count(e, "DelayedACKs", 51); }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { Count(e, "DelayedACKs", 50); }));
  const auto two = [](std::int64_t fired) {
    return [fired](Evidence& e) {
      e.connections.push_back(e.connections[0]);
      Count(e, "DelayedACKs", fired);
    };
  };
  CHECK(trying.With(two(102)).size() == 2);
  CHECK_FALSE(trying.Finds(two(101)));
  // Not in ping-pong mode, where that is known
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kPingPong, 0, 0); }));
  CHECK(trying.FindsIf([](Connection& c) {
    Show(c, Sign::kPingPong, 0, 0);
    c.ack.reset();
    c.ack_looks = 0;
  }));
  // Nobody answers: a bulk receiver
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::data_segs_out, 2); }));
}

TEST_CASE("corked: confirmed by the persist timer or by the option") {
  const Trying trying("corked");
  const Finding found = trying.Found();
  CHECK(found.severity == Severity::kBad);
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(found.fix == LiveFix::kUncork);
  CHECK(found.cost_us == 204'000);
  CHECK(trying.FoundIf([](Connection& c) { Show(c, Sign::kPersistOpen, 57, 60); }).confidence ==
        Confidence::kLikely);
  const auto option = [](bool on) {
    return [on](Connection& c) {
      Show(c, Sign::kPersistOpen, 0, 0);
      c.options.emplace();
      c.options->cork = on;
    };
  };
  CHECK(trying.FoundIf(option(true)).confidence == Confidence::kConfirmed);
  CHECK_FALSE(trying.FindsIf(option(false)));
}

TEST_CASE("corked: shorter than 100 ms is a pause between two writes") {
  const Trying trying("corked");
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kCorked, 30, 100); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kCorked, 30, 99); }));
}

TEST_CASE("corked: a pacing rate of some bytes a second explains it") {
  CHECK_FALSE(Trying("corked").FindsIf([](Connection& c) {
    Grow(c, &TcpInfo::bytes_sent, 14'000);
    c.last.tcp.pacing_rate = 5'000;
  }));
}

TEST_CASE("nodelay_missing: the listening socket hands it on") {
  const Trying trying("nodelay_missing");
  const Finding found = trying.Found();
  CHECK(found.severity == Severity::kWarning);
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(found.fix == LiveFix::kNodelay);
  CHECK(found.summary ==
        "TCP_NODELAY is off, though its listening socket has it on and hands it on");
  // It harms nobody as long as nothing is held.
  CHECK(trying.FoundIf([](Connection& c) { c.trends.held_quiet_looks = 0; }).severity ==
        Severity::kInfo);
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.options->nodelay = true; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.options.reset(); }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.listeners[0].options->nodelay = false; }));
  // Our connection to somebody else's port 80.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.local.port = 33333; }));
}

TEST_CASE("nodelay_missing: programs that always set it") {
  const Finding found = Trying("nodelay_missing").Found([](Evidence& e) {
    e.listeners[0].options.reset();
    e.processes[0].executable = "redis-server";
  });
  CHECK(found.confidence == Confidence::kConfirmed);
  CHECK(found.summary == "TCP_NODELAY is off, though redis-server sets it on every client");
}

TEST_CASE("nodelay_missing: the odd one among a program's connections") {
  const Trying trying("nodelay_missing");
  const auto among = [](std::uint16_t on, std::uint16_t off) {
    return [on, off](Evidence& e) {
      e.listeners[0].options.reset();
      ConnectionEvidence other = e.connections[0];
      for (std::uint16_t number = 1; number < off; ++number) e.connections.push_back(other);
      other.options->nodelay = true;
      for (std::uint16_t number = 0; number < on; ++number) e.connections.push_back(other);
    };
  };
  CHECK(trying.Found(among(3, 1)).confidence == Confidence::kLikely);
  CHECK_FALSE(trying.Finds(among(2, 1)));
  CHECK_FALSE(trying.Finds(among(5, 2)));
  CHECK(trying.With(among(6, 2)).size() == 2);
}

}  // namespace
}  // namespace tunewire
