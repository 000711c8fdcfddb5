#include "host/decode_cpu.h"
#include "host/decode_cpu_set.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace tunewire {
namespace {

using Cpus = std::vector<std::uint32_t>;

TEST_CASE("lists of processors") {
  CHECK(ParseCpuList("0-3,8\n") == Cpus{0, 1, 2, 3, 8});
  CHECK(ParseCpuList("0\n") == Cpus{0});
  CHECK(ParseCpuList("\n") == Cpus{});
  CHECK(ParseCpuList("") == Cpus{});
  CHECK(ParseCpuList("65535") == Cpus{65535});
  for (const char* text :
       {"0-", "-3", "3-1", "a", "0,,1", ",", "0-65536", "0-4294967295", "0 1", "0-65535,0-65535"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseCpuList(text));
  }
}

TEST_CASE("a processor is named as its vendor does") {
  CHECK(DecodeCpuInfo("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor sse\n") ==
        CpuInfo{"AMD EPYC", true, true});
  CHECK(DecodeCpuInfo("model name\t: A: B\nflags\t\t: fpu hypervisors\n\nflags: hypervisor\n") ==
        CpuInfo{"A: B", true, false});
  CHECK(DecodeCpuInfo("processor: 0\ncpu\t\t: POWER9\n").model == "POWER9");
  CHECK(DecodeCpuInfo("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n") ==
        CpuInfo{"Neoverse-N1", false, false});
  CHECK(DecodeCpuInfo("CPU implementer\t: 0x41\nCPU part\t: 0x123\n").model ==
        "ARM implementer 0x41 part 0x123");
  CHECK(DecodeCpuInfo("CPU implementer\t: 41\nCPU part\t: 0x123\n").model.empty());
  CHECK(DecodeCpuInfo("") == CpuInfo{});
}

TEST_CASE("what is chosen among several stands in brackets") {
  CHECK(DecodeChosen("always [madvise] never\n") == "madvise");
  CHECK(DecodeChosen("[always] madvise never") == "always");
  for (const char* text : {"", "always", "[", "]", "[]", "]x[", "a [b"}) {
    CAPTURE(text);
    CHECK_FALSE(DecodeChosen(text));
  }
}

TEST_CASE("a distribution's name, quoted or not") {
  CHECK(DecodeDistribution("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n") ==
        "Debian GNU/Linux 12");
  CHECK(DecodeDistribution("PRETTY_NAME='A B'") == "A B");
  CHECK(DecodeDistribution("PRETTY_NAME=Alpine\n") == "Alpine");
  CHECK(DecodeDistribution("PRETTY_NAME=\"\x1b[31m\"\n") == "\\x1b[31m");
  CHECK(DecodeDistribution("PRETTY_NAME=\"") == "\"");
  CHECK(DecodeDistribution("NOT_PRETTY_NAME=x\n").empty());
}

TEST_CASE("damaged texts never crash a reader") {
  std::mt19937 random(3);
  const std::string whole =
      "0-3,8-11\nmodel name: x\nflags: a b\nCPU part: 0x1\n[x]\nPRETTY_NAME=a";
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole;
    text.resize(random() % (text.size() + 1));
    for (int j = 0; j < 3 && !text.empty(); ++j) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    ParseCpuList(text);
    DecodeCpuInfo(text);
    DecodeChosen(text);
    DecodeDistribution(text);
  }
}

}  // namespace
}  // namespace tunewire
