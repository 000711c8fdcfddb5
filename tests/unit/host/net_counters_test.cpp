#include "tunewire/host/net_counters.h"
#include "tunewire/host/clock.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "host/precise_clock.h"
#include "host/thread_network.h"

namespace tunewire {
namespace {

constexpr const char* kText =
    "TcpExt: SyncookiesSent DelayedACKs TCPNew\nTcpExt: 0 17 18446744073709551615\n"
    "Tcp: MaxConn RetransSegs\nTcp: -1 4\n";

TEST_CASE("counters are read by group and name") {
  const NetCounters counters = DecodeNetCounters(kText).value();
  CHECK(counters.all.size() == 5);
  CHECK(counters.Value("TcpExt", "DelayedACKs") == 17);
  CHECK(counters.Value("Tcp", "MaxConn") == -1);
  CHECK(counters.Value("TcpExt", "TCPNew") == -1);  // an unsigned long keeps its bits
  CHECK_FALSE(counters.Value("Tcp", "DelayedACKs"));
  CHECK(DecodeNetCounters("")->all.empty());
  CHECK(DecodeNetCounters("TcpExt: a\nTcpExt: 1")->all.size() == 1);
}

TEST_CASE("lines that do not belong together are refused") {
  for (const char* text : {"TcpExt: a b\nTcpExt: 1\n", "TcpExt: a\nTcp: 1\n", "TcpExt: a\n",
                           "a\n1\n", "TcpExt: a\nTcpExt: x\n", "TcpExt: a\nTcpExt: 1x\n", "\n\n"}) {
    CAPTURE(text);
    const auto counters = DecodeNetCounters(text);
    REQUIRE_FALSE(counters);
    CHECK(counters.error().code == "invalid_counters");
    CHECK(counters.error().kind == ErrorKind::kInvalid);
  }
}

TEST_CASE("what moved is told, whatever the order") {
  const NetCounters before{{{"T", "a", 1}, {"T", "b", 2}, {"U", "a", 3}, {"T", "gone", 1}}};
  const NetCounters after{{{"U", "a", 3}, {"T", "b", 7}, {"T", "a", 0}, {"T", "new", 9}}};
  CHECK(ChangedCounters(before, after).all ==
        std::vector<NetCounter>{{"T", "b", 5}, {"T", "a", -1}});
  CHECK(ChangedCounters(after, after).all.empty());
  CHECK(ChangedCounters({}, after).all.empty());
}

TEST_CASE("damaged counters never crash the reader") {
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text = kText;
    for (int j = 0; j < 3; ++j) text[random() % text.size()] = static_cast<char>(random());
    if (const auto counters = DecodeNetCounters(text)) CHECK(counters->all.size() <= text.size());
  }
}

TEST_CASE("the kernel's own counters and facts are there") {
  const auto counters = ReadNetCounters();
  REQUIRE(counters);
  CHECK(counters->Value("TcpExt", "DelayedACKs"));
  CHECK(counters->Value("Tcp", "RetransSegs"));
  CHECK(ThreadSysctl("ipv4/tcp_congestion_control").value_or("") != "");
  CHECK_FALSE(ThreadSysctl("ipv4/no_such_key"));
  CHECK(ThreadNetworkNamespace() != 0);
  CHECK(KernelRelease().find('.') != std::string::npos);
  CHECK(TicksPerSecond() >= 100);
  CHECK(TicksPerSecond() <= 1000);
}

}  // namespace
}  // namespace tunewire
