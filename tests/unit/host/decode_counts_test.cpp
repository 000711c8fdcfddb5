#include "host/decode_counts.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace tunewire {
namespace {

constexpr const char* kSockstat =
    "sockets: used 16\nTCP: inuse 5 orphan 1 tw 216 alloc 12 mem 3\nUDP: inuse 0 mem 0\n"
    "FRAG: inuse 9 memory 0\n";
constexpr const char* kSockstat6 = "TCP6: inuse 2\nUDP6: inuse 7\n";
constexpr const char* kMeminfo =
    "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n"
    "SwapTotal:        50 kB\nSwapFree:          7 kB\nHugePages_Total:  0\n";

TEST_CASE("sockets in use are counted over both families, everything else once") {
  CHECK(DecodeSocketCounts(kSockstat, kSockstat6) == SocketCounts{7, 1, 216, 12, 3});
  CHECK(DecodeSocketCounts(kSockstat, "") == SocketCounts{5, 1, 216, 12, 3});
  CHECK(DecodeSocketCounts("TCP: inuse 1\n", "") == SocketCounts{1});
  CHECK_FALSE(DecodeSocketCounts("", kSockstat6));
  CHECK_FALSE(DecodeSocketCounts("UDP: inuse 4\n", ""));
  CHECK_FALSE(DecodeSocketCounts("TCP: inuse\n", ""));
  CHECK_FALSE(DecodeSocketCounts("TCP: inuse -1\n", ""));
}

TEST_CASE("open files are those allocated and not free") {
  CHECK(DecodeFileNr("1155\t0\t2466177\n") == OpenFiles{1155, 2466177});
  CHECK(DecodeFileNr("960\t64\t98765\n") == OpenFiles{896, 98765});
  CHECK(DecodeFileNr("1\t64\t98765\n") == OpenFiles{0, 98765});
  CHECK_FALSE(DecodeFileNr("1155\t0\n"));
  CHECK_FALSE(DecodeFileNr("a b c"));
}

TEST_CASE("load of one minute, and the threads of the host") {
  CHECK(DecodeLoadAverage("0.20 0.18 0.12 1/80 11206\n") == LoadAverage{0.2, 80});
  for (const char* text : {"", "0.2 0.1 0.1\n", "x 0 0 1/80 1", "0.2 0 0 180 1", "0.2 0 0 1/x 1",
                           "nan 0 0 1/2 3", "-1 0 0 1/2 3", "inf 0 0 1/2 3"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeLoadAverage(text));
  }
}

TEST_CASE("the line of all processors is read, with what old kernels leave out as 0") {
  CHECK(DecodeCpuTicks("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 9 9 9 9\n") ==
        CpuTicks{3, 3, 4, 5, 6, 7, 8});
  CHECK(DecodeCpuTicks("cpu 1 2 3 4\n") == CpuTicks{3, 3, 4});
  CHECK_FALSE(DecodeCpuTicks("cpu0 1 2 3 4\n"));
  CHECK_FALSE(DecodeCpuTicks("cpu 1 2 3\n"));
  CHECK_FALSE(DecodeCpuTicks("cpu a b c d\n"));
}

TEST_CASE("pressure is that of some tasks over ten seconds") {
  CHECK(DecodePressure("some avg10=12.50 avg60=1.00 avg300=0.00 total=1\nfull avg10=9.00\n") ==
        12.5);
  CHECK_FALSE(DecodePressure("full avg10=9.00 avg60=1.00\n"));
  CHECK_FALSE(DecodePressure("some avg60=9.00\n"));
  CHECK_FALSE(DecodePressure("some avg10=x\n"));
  CHECK_FALSE(DecodePressure(""));
  CHECK(DecodeUptime("37323.06 70000.1\n") == 37323.06);
  CHECK_FALSE(DecodeUptime("\n"));
}

TEST_CASE("memory is in bytes") {
  CHECK(DecodeMemory(kMeminfo) == MemoryNow{1024000, 614400, 51200, 7168});
  CHECK(DecodeMemory("MemTotal: 4 kB\nMemFree: 1 kB\n") == MemoryNow{4096, 1024, 0, 0});
  CHECK_FALSE(DecodeMemory("MemTotal: 4 kB\n"));
  CHECK_FALSE(DecodeMemory("MemTotal: 4 MB\nMemFree: 1 kB\n"));
  CHECK_FALSE(DecodeMemory("MemTotal: 18446744073709551615 kB\nMemFree: 1 kB\n"));
}

TEST_CASE("damaged and cut texts never crash a reader") {
  std::mt19937 random(5);
  const std::string whole = std::string(kSockstat) + kMeminfo + "cpu 1 2 3 4 5\n1 2 3\n0.1 2 3 4/5";
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole.substr(random() % whole.size());
    text.resize(random() % (text.size() + 1));
    for (int j = 0; j < 3 && !text.empty(); ++j) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    DecodeSocketCounts(text, text);
    DecodeFileNr(text);
    DecodeLoadAverage(text);
    DecodeCpuTicks(text);
    DecodePressure(text);
    DecodeMemory(text);
  }
}

}  // namespace
}  // namespace tunewire
