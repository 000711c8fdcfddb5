// Rules about senders that may not send and readers that do not read.
#include <doctest/doctest.h>

#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

using Connection = ConnectionEvidence;

TEST_CASE("peer_window_zero: 200 ms closed is a warning, a second bad") {
  const Trying trying("peer_window_zero");
  const auto closed = [](std::int64_t ms) {
    return [ms](Connection& c) { Show(c, Sign::kPeerWindowZero, 60, ms); };
  };
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK_FALSE(trying.FindsIf(closed(199)));
  CHECK(trying.FoundIf(closed(200)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(closed(999)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(closed(1'000)).severity == Severity::kBad);
}

TEST_CASE("peer_window_zero: for less than half of the watch it may be a busy host") {
  const Finding found = Trying("peer_window_zero").FoundIf([](Connection& c) {
    Show(c, Sign::kPeerWindowZero, 59, 1'400);
  });
  CHECK(found.severity == Severity::kInfo);
}

TEST_CASE("peer_window_zero: looks that meet a closed window by chance, with data going out") {
  const Trying trying("peer_window_zero");
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.trends.blocked_max_ms = 199; }));
  CHECK(trying.FindsIf([](Connection& c) { c.trends.blocked_max_ms = 200; }));
}

TEST_CASE("writer_blocked: the same with a full send buffer, and only one of the two is said") {
  const Trying trying("writer_blocked");
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kSendBufferFull, 60, 1'000); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kSendBufferFull, 59, 1'000); }));
  CHECK(JudgedBy("peer_window_zero", *TroubleOf("writer_blocked")).empty());
}

TEST_CASE("writer_blocked: a sleeping writer is woken when a third of its buffer is free") {
  const Trying trying("writer_blocked");
  const auto queued = [](std::uint32_t bytes, std::uint32_t window) {
    return [=](Connection& c) {
      Show(c, Sign::kSendBufferFull, 0, 0);
      c.last.memory->sndbuf = 90'000;
      c.last.memory->wmem_queued = bytes;
      c.last.tcp.snd_wnd = window;
    };
  };
  CHECK(trying.FindsIf(queued(60'001, 0)));
  CHECK_FALSE(trying.FindsIf(queued(60'000, 0)));
  CHECK_FALSE(trying.FindsIf(queued(60'001, 1)));
}

TEST_CASE("receive_window_limited: half of the time with data, and a small window") {
  const Trying trying("receive_window_limited");
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::rwnd_limited, 1'450'000); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::rwnd_limited, 1'449'999); }));
  CHECK(trying.FindsIf([](Connection& c) { c.trends.send_window_max = 65'535; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.trends.send_window_max = 65'536; }));
  // Too little data to speak of a rate.
  CHECK_FALSE(trying.FindsIf([](Connection& c) {
    Grow(c, &TcpInfo::busy_time, 199'999);
    Grow(c, &TcpInfo::rwnd_limited, 199'999);
  }));
}

TEST_CASE("receive_window_limited: over a distance a large window can be too small as well") {
  const Trying trying("receive_window_limited");
  const auto far = [](std::uint32_t rtt_us) {
    return [rtt_us](Connection& c) {
      c.trends.send_window_max = 1'000'000;
      c.last.tcp.min_rtt = rtt_us;
    };
  };
  CHECK(trying.FindsIf(far(2'000)));
  CHECK_FALSE(trying.FindsIf(far(1'999)));
}

TEST_CASE("receive_window_limited: a slow reader's window closes; that is no small buffer") {
  const Trying trying("receive_window_limited");
  CHECK(trying.FindsIf([](Connection& c) { Show(c, Sign::kPeerWindowZero, 11, 50); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kPeerWindowZero, 12, 50); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kPeerWindowFull, 59, 50); }));
}

TEST_CASE("send_buffer_limited: a buffer that the program has set") {
  const Trying trying("send_buffer_limited");
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::sndbuf_limited, 870'000); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::sndbuf_limited, 869'999); }));
  CHECK(trying.FindsIf([](Connection& c) { c.last.memory->sndbuf = 16'383; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.memory->sndbuf = 16'384; }));
  const auto locked = [](bool yes) {
    return [yes](Connection& c) {
      c.last.memory->sndbuf = 60'000;
      c.options.emplace();
      c.options->sndbuf_locked = yes;
    };
  };
  CHECK(trying.FindsIf(locked(true)));
  CHECK_FALSE(trying.FindsIf(locked(false)));
}

TEST_CASE("send_buffer_limited: a buffer below one segment is full with nothing unsent in it") {
  const Trying trying("send_buffer_limited");
  const auto full = [](std::uint32_t looks) {
    return [looks](Connection& c) {
      Grow(c, &TcpInfo::sndbuf_limited, 0);
      Show(c, Sign::kPeerWindowFull, 10, 25);
      Show(c, Sign::kCwndFull, 10, 25);
      Show(c, Sign::kSendBufferFull, looks, 500);
    };
  };
  CHECK(trying.FoundIf(full(80)).confidence == Confidence::kLikely);
  CHECK_FALSE(trying.FindsIf(full(79)));
  // It hangs: nothing is acknowledged at all.
  CHECK_FALSE(trying.FindsIf([&](Connection& c) {
    full(80)(c);
    Grow(c, &TcpInfo::bytes_acked, 0);
  }));
  CHECK_FALSE(trying.FindsIf([&](Connection& c) {
    full(80)(c);
    c.last.memory->sndbuf = 87'040;
  }));
}

TEST_CASE("send_buffer_limited: the kernel's own maximum counts only over a distance") {
  const Trying trying("send_buffer_limited");
  const auto largest = [](std::uint32_t rtt_us) {
    return [rtt_us](Connection& c) {
      c.last.memory->sndbuf = 4'194'304;
      c.last.tcp.min_rtt = rtt_us;
    };
  };
  CHECK(trying.FindsIf(largest(2'000)));
  CHECK_FALSE(trying.FindsIf(largest(1'999)));
}

TEST_CASE("pacing_limited: four fifths of the rate, for information") {
  const Trying trying("pacing_limited");
  CHECK(trying.Found().severity == Severity::kInfo);
  CHECK(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_acked, 2'400'000); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_acked, 2'399'000); }));
}

TEST_CASE("reader_not_reading: closed window bad, growing queue a warning") {
  const Trying trying("reader_not_reading");
  CHECK(trying.Found().severity == Severity::kBad);
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.FoundIf([](Connection& c) { Show(c, Sign::kOwnWindowZero, 0, 0); }).severity ==
        Severity::kWarning);
}

TEST_CASE("reader_not_reading: one byte read is a reader") {
  const Trying trying("reader_not_reading");
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Grow(c, &TcpInfo::bytes_received, 45'001); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { Show(c, Sign::kReaderBehind, 119, 2'000); }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last_ns = 999'999'999; }));
  CHECK(trying.FindsIf([](Connection& c) { c.last_ns = 1'000'000'000; }));
  // It waits in an accept queue: the program has not got it yet.
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.inode = 0; }));
}

TEST_CASE("reader_not_reading: bytes that lie there for a minute are a pool's farewell") {
  const Trying trying("reader_not_reading");
  const auto lying = [](std::uint32_t ms) {
    return [ms](Connection& c) {
      Show(c, Sign::kOwnWindowZero, 0, 0);
      Grow(c, &TcpInfo::bytes_received, 0);
      c.first.receive_queue = c.last.receive_queue = 31;
      c.last.tcp.last_data_recv = ms;
    };
  };
  CHECK(trying.FoundIf(lying(60'000)).severity == Severity::kInfo);
  CHECK(trying.FoundIf(lying(59'999)).severity == Severity::kWarning);
}

TEST_CASE("reader_slow: closed for 200 ms at a time, in half of the looks") {
  const Trying trying("reader_slow");
  const auto closed = [](std::uint32_t looks, std::int64_t ms) {
    return [looks, ms](Connection& c) { Show(c, Sign::kOwnWindowZero, looks, ms); };
  };
  CHECK(trying.FoundIf(closed(60, 200)).confidence == Confidence::kLikely);
  CHECK_FALSE(trying.FindsIf(closed(59, 200)));
  CHECK_FALSE(trying.FindsIf(closed(60, 199)));
  CHECK(JudgedBy("reader_slow", *TroubleOf("reader_not_reading")).empty());
}

TEST_CASE("small_receive_buffer: what comes in a round trip fills half of the window") {
  const Trying trying("small_receive_buffer");
  // 400 kB/s over 80 ms are 32,000 bytes: half of a window of 64,000.
  const auto window = [](std::uint32_t bytes) {
    return [bytes](Connection& c) { c.first.tcp.rcv_wnd = c.last.tcp.rcv_wnd = bytes; };
  };
  CHECK(trying.FindsIf(window(64'000)));
  CHECK_FALSE(trying.FindsIf(window(64'001)));
  CHECK(trying.Found().confidence == Confidence::kLikely);
}

TEST_CASE("small_receive_buffer: set by the program, or the kernel's maximum") {
  const Trying trying("small_receive_buffer");
  const auto sized = [](std::uint32_t bytes) {
    return [bytes](Connection& c) {
      c.last.memory->rcvbuf = bytes;
      Grow(c, &TcpInfo::bytes_received, 5'000'000);
    };
  };
  CHECK(trying.FindsIf(sized(131'071)));
  CHECK_FALSE(trying.FindsIf(sized(131'072)));
  CHECK(trying.FindsIf([](Connection& c) {
    c.last.memory->rcvbuf = 6'291'456;
    c.first.tcp.rcv_wnd = 3'145'728;
    Grow(c, &TcpInfo::bytes_received, 200'000'000);
  }));
}

TEST_CASE("small_receive_buffer: confirmed where the sender is seen to wait") {
  Evidence evidence = *TroubleOf("small_receive_buffer");
  evidence.connections[0].last.tcp.min_rtt = 50;
  CHECK(JudgedBy("small_receive_buffer", evidence).empty());
  ConnectionEvidence sender = OtherEnd(evidence.connections[0]);
  Grow(sender, &TcpInfo::busy_time, 2'000'000);
  Grow(sender, &TcpInfo::rwnd_limited, 1'000'000);
  evidence.connections.push_back(sender);
  const auto found = JudgedBy("small_receive_buffer", evidence);
  REQUIRE(found.size() == 1);
  CHECK(found[0].confidence == Confidence::kConfirmed);
  CHECK(found[0].local.port == 80);
}

TEST_CASE("rules find the other end of a dual-stack connection") {
  Evidence evidence = *TroubleOf("small_receive_buffer");
  evidence.connections[0].last.tcp.min_rtt = 50;
  ConnectionEvidence sender = OtherEnd(evidence.connections[0]);
  Grow(sender, &TcpInfo::busy_time, 2'000'000);
  Grow(sender, &TcpInfo::rwnd_limited, 2'000'000);
  sender.last.local = EndAt("::ffff:10.0.0.9", sender.last.local.port);
  sender.last.remote = EndAt("::ffff:10.0.0.1", sender.last.remote.port);
  evidence.connections.push_back(sender);
  CHECK(JudgedBy("small_receive_buffer", evidence).size() == 1);
}

}  // namespace
}  // namespace tunewire
