#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

using Words = std::vector<std::string>;

constexpr Field kThree[] = {{"min"}, {"default"}, {"max"}};
constexpr Field kPorts[] = {{"", FieldType::kPortList, 0, 65535}};
constexpr Field kMask[] = {{"", FieldType::kCpuMask}};
constexpr Field kWords[] = {{"", FieldType::kWords}};
constexpr Field kText[] = {{"", FieldType::kText}};

constexpr Tunable kVector{.key = "test.vector", .fields = kThree};
constexpr Tunable kPortRow{.key = "test.ports", .fields = kPorts};
constexpr Tunable kMaskRow{.key = "test.mask", .fields = kMask};
constexpr Tunable kWordRow{.key = "test.words", .fields = kWords};
constexpr Tunable kTextRow{.key = "test.text", .fields = kText};

TEST_CASE("fields are split at white space, known or not") {
  CHECK(CanonicalFields(nullptr, "4096\t131072\t6291456\n") == Words{"4096", "131072", "6291456"});
  CHECK(CanonicalFields(nullptr, " 007 ") == Words{"007"});
  CHECK(CanonicalFields(&kVector, "4096\t131072\t6291456\n") == Words{"4096", "131072", "6291456"});
  CHECK(CanonicalFields(&kVector, "\n").empty());
  CHECK(CanonicalFields(&kVector, "1 2 3 4") == Words{"1", "2", "3", "4"});
}

TEST_CASE("numbers are shown as the kernel would read them") {
  CHECK(CanonicalFields(&kVector, "010 0x10 -5") == Words{"8", "16", "-5"});
  CHECK(CanonicalFields(&kVector, "-0 00 18446744073709551615") ==
        Words{"0", "0", "18446744073709551615"});
  CHECK(CanonicalFields(&kVector, "09 +5 4k") == Words{"09", "+5", "4k"});
  CHECK(CanonicalFields(&kVector, "- 0x 99999999999999999999") ==
        Words{"-", "0x", "99999999999999999999"});
}

TEST_CASE("port lists are sorted and joined as the kernel shows them") {
  const auto ports = [](std::string_view raw) { return CanonicalFields(&kPortRow, raw); };
  CHECK(ports("8080,8081,8082\n") == Words{"8080-8082"});
  CHECK(ports("9000,80,8080-8090,8085-8100,80") == Words{"80,8080-8100,9000"});
  CHECK(ports("0-65535") == Words{"0-65535"});
  CHECK(ports("8080,8081") == Words{"8080-8081"});
  CHECK(ports("1,3") == Words{"1,3"});
  CHECK(ports("\n").empty());
}

TEST_CASE("a broken port list stays as it was written") {
  for (const std::string bad : {"8090-8080", "65536", "80,", ",", "80-", "http", "1-2-3"}) {
    CAPTURE(bad);
    CHECK(CanonicalFields(&kPortRow, bad) == Words{bad});
  }
  CHECK(CanonicalFields(&kPortRow, "80, 81") == Words{"80,", "81"});
}

TEST_CASE("masks lose leading zeros and capital letters") {
  const auto mask = [](std::string_view raw) { return CanonicalFields(&kMaskRow, raw); };
  CHECK(mask("00000000,0000000F") == Words{"f"});
  CHECK(mask("0") == Words{"0"});
  CHECK(mask("00000000,00000000") == Words{"0"});
  CHECK(mask("1,00000000") == Words{"1,00000000"});
  CHECK(mask("FF,1") == Words{"ff,00000001"});
  CHECK(mask("zz") == Words{"zz"});
  CHECK(mask("123456789") == Words{"123456789"});
}

TEST_CASE("a list of words is a set, a text is not touched") {
  CHECK(CanonicalFields(&kWordRow, "reno cubic reno\n") == Words{"cubic", "reno"});
  CHECK(CanonicalFields(&kTextRow, "0x10\n") == Words{"0x10"});
}

}  // namespace
}  // namespace tunewire
