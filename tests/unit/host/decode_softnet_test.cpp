#include "host/decode_softnet.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace tunewire {
namespace {

constexpr const char* kLinux6 =
    "053b6234 00000362 00000026 00000000 00000000 00000000 00000000 00000000 00000000 0000000a "
    "0000000b 0000000c 00000000 00000000 00000000\n"
    "04f4ed64 00000000 00000022 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
    "00000000 00000000 00000003 00000000 00000000\n";

TEST_CASE("each CPU's receive path is read, whichever CPUs are online") {
  CHECK(DecodeSoftnet(kLinux6) ==
        std::vector<SoftnetCpu>{{0, 0x53b6234, 0x362, 0x26, 10, 11, 12}, {3, 0x4f4ed64, 0, 0x22}});
}

TEST_CASE("kernels before 5.10 name no CPU: the line's number stands for it") {
  const char* const text =
      "0001f5a2 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000002 "
      "00000003\n"
      "00000010 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n";
  CHECK(DecodeSoftnet(text) == std::vector<SoftnetCpu>{{0, 0x1f5a2, 0, 1, 2, 3, 0}, {1, 16, 1, 0}});
}

TEST_CASE("lines that are none are passed over") {
  CHECK(DecodeSoftnet("").empty());
  CHECK(DecodeSoftnet("\n\n").empty());
  CHECK(DecodeSoftnet("1 2\n").empty());
  CHECK(DecodeSoftnet("1 2 x\n").empty());
  CHECK(DecodeSoftnet("1 2 fffffffff\n").empty());
  CHECK(DecodeSoftnet("1 2 -3\n").empty());
  CHECK(DecodeSoftnet("nonsense\n1 2 3") == std::vector<SoftnetCpu>{{1, 1, 2, 3}});
}

TEST_CASE("damaged text never crashes the reader") {
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) {
    std::string text = kLinux6;
    for (int j = 0; j < 4; ++j) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    CHECK(DecodeSoftnet(text).size() <= 8);
  }
}

}  // namespace
}  // namespace tunewire
