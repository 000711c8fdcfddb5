#include "tunewire/profile/requirement.h"

#include <doctest/doctest.h>

namespace tunewire {
namespace {

using Kind = FieldRequirement::Kind;
using Fields = std::vector<std::string>;

constexpr Field kOne[] = {{"", FieldType::kInteger, 1, 127}};
constexpr Field kThree[] = {{"min", FieldType::kInteger, 0, 2147483647},
                            {"default", FieldType::kInteger, 0, 2147483647},
                            {"max", FieldType::kInteger, 0, 2147483647}};
constexpr Field kText[] = {{"", FieldType::kText}};
constexpr Field kWords[] = {{"", FieldType::kWords}};
constexpr Field kPorts[] = {{"", FieldType::kPortList, 0, 65535}};
constexpr Field kMask[] = {{"", FieldType::kCpuMask}};

Tunable Row(std::span<const Field> fields, Unit unit) {
  Tunable row;
  row.key = "net.test";
  row.fields = fields;
  row.unit = unit;
  return row;
}

Requirement Want(std::string_view text) {
  const Result<Requirement> want = Requirement::Parse(text);
  REQUIRE(want.has_value());
  return *want;
}

/// What would be written, joined; "refused CODE" where nothing may be.
std::string Applied(std::string_view want, const Fields& current) {
  const Result<Fields> fields = Want(want).Apply(current);
  if (!fields) return "refused " + fields.error().code;
  std::string joined;
  for (const std::string& field : *fields) joined += (joined.empty() ? "" : " ") + field;
  return joined;
}

TEST_CASE("requirement: its text reads back as the same") {
  const Requirement all{{{Kind::kExact, "8192", 0},
                         {Kind::kKeep, "", 0},
                         {Kind::kAtLeast, "-5", 0},
                         {Kind::kAtMost, "7", 0},
                         {Kind::kAtLeast, "", 5},
                         {Kind::kAtMost, "", 90},
                         {Kind::kExact, "", 1},
                         {Kind::kExact, "keep", 0},
                         {Kind::kExact, ">=5", 0},
                         {Kind::kExact, "=", 0},
                         {Kind::kExact, "5%ram", 0},
                         {Kind::kExact, "", 0},
                         {Kind::kExact, "bbr", 0}}};
  CHECK(all.ToText() == "8192 keep >=-5 <=7 >=5%ram <=90%ram 1%ram =keep =>=5 == =5%ram = bbr");
  CHECK(Want(all.ToText()) == all);
  CHECK(Want("").fields.empty());
}

TEST_CASE("requirement: text that asks for nothing known is refused") {
  for (const char* bad : {">=", "<=x", ">=0x10", ">=007", "0%ram", "91%ram", ">=-1%ram", "a%ram"}) {
    CAPTURE(bad);
    CHECK_FALSE(Requirement::Parse(bad).has_value());
  }
}

TEST_CASE("requirement: shares of the memory come out in the key's own unit") {
  const MemoryFacts memory{8'000'000'000, 4096};
  const auto resolved = [&](Unit unit, std::string_view want) {
    const Tunable row = Row(kOne, unit);
    const Result<Requirement> requirement = Want(want).Resolve(&row, memory);
    return requirement ? requirement->ToText() : "refused " + requirement.error().code;
  };
  CHECK(resolved(Unit::kBytes, ">=5%ram") == ">=400000000");
  CHECK(resolved(Unit::kPages, ">=5%ram") == ">=97656");
  CHECK(resolved(Unit::kKibibytes, "<=5%ram") == "<=390625");
  CHECK(resolved(Unit::kBytes, "90%ram 7 keep") == "7200000000 7 keep");
  CHECK(resolved(Unit::kConnections, ">=5%ram") == "refused invalid_value");
  CHECK(resolved(Unit::kConnections, ">=5") == ">=5");

  const Tunable row = Row(kOne, Unit::kBytes);
  CHECK_FALSE(Want("5%ram").Resolve(&row, MemoryFacts{}).has_value());
  CHECK_FALSE(Want("5%ram").Resolve(nullptr, memory).has_value());
  CHECK(Want("5").Resolve(nullptr, MemoryFacts{}).has_value());
  const MemoryFacts huge{~std::uint64_t{0}, 4096};
  CHECK(Want("90%ram").Resolve(&row, huge)->ToText() == "16602069666338596453");
}

TEST_CASE("requirement: a better host is not made worse") {
  CHECK(Applied("8192", {"4096"}) == "8192");
  CHECK(Applied(">=8192", {"4096"}) == "8192");
  CHECK(Applied(">=8192", {"8192"}) == "8192");
  CHECK(Applied(">=8192", {"65535"}) == "65535");
  CHECK(Applied("<=600", {"7200"}) == "600");
  CHECK(Applied("<=600", {"60"}) == "60");
  CHECK(Applied(">=-5", {"-10"}) == "-5");
  CHECK(Applied("keep keep >=16777216", {"4096", "131072", "6291456"}) == "4096 131072 16777216");
  CHECK(Applied(">=10", {"18446744073709551615"}) == "18446744073709551615");
  CHECK(Applied("<=10", {"18446744073709551615"}) == "10");
  CHECK(Applied(">=10", {"cubic"}) == "refused not_a_number");
}

TEST_CASE("requirement: numbers never change their count, lists may") {
  CHECK(Applied("8192", {"4096", "131072", "6291456"}) == "refused wrong_arity");
  CHECK(Applied("1 2 3", {"4096"}) == "refused wrong_arity");
  CHECK(Applied("keep >=5", {"4096"}) == "refused wrong_arity");
  CHECK(Applied(">=5", {}) == "refused wrong_arity");
  CHECK(Applied("keep", {"4096", "131072", "6291456"}) == "4096 131072 6291456");
  CHECK(Applied("cubic reno", {"reno"}) == "cubic reno");
  CHECK(Applied("8080,9000", {}) == "8080,9000");
  CHECK(Applied("", {"8080"}) == "");
}

std::string Problems(const Tunable& row, const Fields& fields) {
  std::string all;
  for (const ValueProblem& problem : CheckValue(&row, fields)) {
    all += std::to_string(problem.field) + " " + problem.code + ": " + problem.message + " (" +
           problem.hint + ")\n";
  }
  return all;
}

TEST_CASE("values: numbers within the catalog's range and form") {
  const Tunable row = Row(kOne, Unit::kRetries);
  CHECK(Problems(row, {"1"}).empty());
  CHECK(Problems(row, {"127"}).empty());
  CHECK(Problems(row, {"0"}) == "0 out_of_range: 0 is out of range (allowed 1..127)\n");
  CHECK(Problems(row, {"128"}) == "0 out_of_range: 128 is out of range (allowed 1..127)\n");
  for (const char* bad : {"010", "0x10", "", "5k", "1e3", "+5", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(Problems(row, {bad}).starts_with("0 not_a_number:"));
  }
  CHECK(CheckValue(nullptr, {"anything"}).empty());
}

TEST_CASE("values: vectors have their length and their order") {
  Tunable row = Row(kThree, Unit::kBytes);
  CHECK(Problems(row, {"3", "2", "1"}).empty());
  row.ascending = true;
  CHECK(Problems(row, {"1", "2", "2"}).empty());
  CHECK(Problems(row, {"1", "3", "2"}) ==
        "2 not_ascending: max 2 is below default 3 (the values (min default max) must not "
        "decrease)\n");
  CHECK(Problems(row, {"8192"}) ==
        "-1 wrong_arity: net.test holds 3 values (min default max), here are 1 (say what becomes "
        "of each; \"keep\" leaves one as it is)\n");
  CHECK(Problems(row, {"1", "2", "3", "4"}).starts_with("-1 wrong_arity"));
  CHECK(Problems(row, {"-1", "x", "3"}) ==
        "0 out_of_range: min -1 is out of range (allowed 0..2147483647)\n"
        "1 not_a_number: default x is not a plain decimal number (write decimal digits only: no "
        "leading zero, no hexadecimal, no unit)\n");
  CHECK(Problems(Row({}, Unit::kNone), {"1", "2"}).empty());  // removed: nothing is known
}

TEST_CASE("values: words, port lists and masks") {
  CHECK(Problems(Row(kText, Unit::kName), {"bbr"}).empty());
  CHECK(Problems(Row(kText, Unit::kName), {"a b"}).starts_with("0 not_a_word"));
  CHECK(Problems(Row(kText, Unit::kName), {"a\x1b"}).starts_with("0 not_a_word"));
  CHECK(Problems(Row(kWords, Unit::kName), {"cubic", "reno", "bbr"}).empty());
  CHECK(Problems(Row(kWords, Unit::kName), {}).starts_with("-1 wrong_arity"));
  CHECK(Problems(Row(kPorts, Unit::kPorts), {"80,8000-8099"}).empty());
  CHECK(Problems(Row(kPorts, Unit::kPorts), {}).empty());
  for (const char* bad : {"80,", "90-80", "70000", "a", "1-2-3", "080", "-1"}) {
    CAPTURE(bad);
    CHECK(Problems(Row(kPorts, Unit::kPorts), {bad}).starts_with("0 out_of_range"));
  }
  CHECK(Problems(Row(kPorts, Unit::kPorts), {"80,", "90"}).starts_with("-1 wrong_arity"));
  CHECK(Problems(Row(kMask, Unit::kBitmask), {"ff,00000000"}).empty());
  CHECK(Problems(Row(kMask, Unit::kBitmask), {"0x1"}).starts_with("0 not_a_number"));
}

}  // namespace
}  // namespace tunewire
