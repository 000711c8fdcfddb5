#include <doctest/doctest.h>

#include "unit/sockets/trying.h"

namespace tunewire {
namespace {

using Connection = ConnectionEvidence;

TEST_CASE("buffer_clamped: exactly twice the limit") {
  const Trying trying("buffer_clamped");
  const Finding found = trying.Found();
  CHECK(found.severity == Severity::kWarning);
  CHECK(found.summary ==
        "SO_RCVBUF was cut to 416 KiB by net.core.rmem_max; the kernel would have grown the "
        "buffer to 6 MiB itself");
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.memory->rcvbuf = 425'983; }));
  CHECK_FALSE(trying.FindsIf([](Connection& c) { c.last.memory->rcvbuf = 425'985; }));
}

TEST_CASE("buffer_clamped: what moves no buffer's worth needs no larger one") {
  const Trying trying("buffer_clamped");
  const auto moved = [](std::uint64_t bytes) {
    return [bytes](Connection& c) { Grow(c, &TcpInfo::bytes_received, bytes); };
  };
  CHECK(trying.FoundIf(moved(425'984)).severity == Severity::kWarning);
  CHECK(trying.FoundIf(moved(425'983)).severity == Severity::kInfo);
}

TEST_CASE("buffer_clamped: the kernel's own sizing is nobody's request") {
  const Trying trying("buffer_clamped");
  CHECK_FALSE(trying.FindsIf([](Connection& c) {
    c.options.emplace();
    c.options->rcvbuf_locked = false;
  }));
  // Its own maximum is the same number: only the option tells.
  const auto same = [](Evidence& e) { (*e.settings.tcp_rmem)[2] = 425'984; };
  CHECK_FALSE(trying.Finds(same));
  CHECK(trying.Finds([&](Evidence& e) {
    same(e);
    e.connections[0].options.emplace();
    e.connections[0].options->rcvbuf_locked = true;
  }));
}

TEST_CASE("buffer_clamped: the send side alike") {
  const Finding found = Trying("buffer_clamped").FoundIf([](Connection& c) {
    c.last.memory->rcvbuf = 131'072;
    c.last.memory->sndbuf = 425'984;
  });
  CHECK(found.summary.find("SO_SNDBUF was cut to 416 KiB by net.core.wmem_max") == 0);
  CHECK(found.severity == Severity::kInfo);
}

TEST_CASE("congestion_control_differs: for information, with where it comes from") {
  const Trying trying("congestion_control_differs");
  CHECK(trying.Found().severity == Severity::kInfo);
  CHECK(trying.Found().confidence == Confidence::kConfirmed);
  CHECK(trying.Found().summary == "runs reno where the host's default is cubic");
  const Finding inherited =
      trying.Found([](Evidence& e) { e.listeners[0].last.congestion_control = "reno"; });
  CHECK(inherited.summary ==
        "runs reno where the host's default is cubic; its listening socket hands it on");
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.congestion_control = "reno"; }));
  CHECK_FALSE(trying.Finds([](Evidence& e) { e.settings.congestion_control.reset(); }));
}

TEST_CASE("memory_pressure: aborted connections are bad") {
  const Trying trying("memory_pressure");
  CHECK(trying.Found().severity == Severity::kWarning);
  CHECK(trying.Found([](Evidence& e) { Count(e, "TCPAbortOnMemory", 1); }).severity ==
        Severity::kBad);
  CHECK_FALSE(trying.Finds([](Evidence& e) { Count(e, "TCPMemoryPressures", 0); }));
}

TEST_CASE("receive_drops: ten of all kinds together") {
  const Trying trying("receive_drops");
  CHECK_FALSE(trying.Finds([](Evidence& e) { Count(e, "TCPRcvQDrop", 9); }));
  CHECK(trying.Finds([](Evidence& e) {
    Count(e, "TCPRcvQDrop", 9);
    Count(e, "TCPBacklogDrop", 1);
  }));
}

TEST_CASE("names of severities and confidences") {
  CHECK(NameOf(Severity::kInfo) == "info");
  CHECK(NameOf(Severity::kWarning) == "warning");
  CHECK(NameOf(Severity::kBad) == "bad");
  CHECK(NameOf(Confidence::kLikely) == "likely");
  CHECK(NameOf(Confidence::kConfirmed) == "confirmed");
}

}  // namespace
}  // namespace tunewire
