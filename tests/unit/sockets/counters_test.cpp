// What counters mean, and what two readings make of them.
#include "tunewire/sockets/counters.h"

#include <doctest/doctest.h>

#include <set>

using namespace tunewire;

namespace {

NetCounters Reading(std::int64_t overflows, std::int64_t delayed, std::int64_t segments) {
  return {{{"TcpExt", "ListenOverflows", overflows},
           {"TcpExt", "DelayedACKs", delayed},
           {"TcpExt", "NobodyKnowsThis", segments},
           {"Tcp", "MaxConn", -1},
           {"Tcp", "CurrEstab", segments},
           {"Tcp", "InSegs", segments}}};
}

}  // namespace

TEST_CASE("every described counter is there once, and is described") {
  const std::span<const CounterWord> known = KnownCounters();
  CHECK(known.size() >= 80);
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const CounterWord& word : known) {
    CAPTURE(word.name);
    CHECK(names.emplace(word.group, word.name).second);
    CHECK_FALSE(word.unit.empty());
    CHECK(word.meaning.size() >= 4);
    CHECK(word.meaning.size() <= 90);
    CHECK(word.meaning.back() != '.');
    CHECK(FindCounter(word.group, word.name) == &word);
  }
  CHECK(FindCounter("TcpExt", "InSegs") == nullptr);
}

TEST_CASE("what this kernel counts for TCP is described") {
  const Result<NetCounters> now = ReadNetCounters();
  REQUIRE(now);
  std::size_t unknown = 0;
  for (const NetCounter& counter : now->all) {
    if (counter.group != "TcpExt") continue;
    if (FindCounter(counter.group, counter.name) == nullptr) {
      MESSAGE("not described: " << counter.name);
      ++unknown;
    }
  }
  // A newer kernel than any that was looked at may have a few more.
  CHECK(unknown <= 10);
}

TEST_CASE("trouble comes first, then what moved most; gauges and settings never") {
  const CountersReading reading =
      CompareCounters(Reading(5, 100, 1'000), Reading(7, 160, 9'000), {}, {}, 2.0);
  REQUIRE(reading.counters.size() == 4);
  CHECK(reading.counters[0].name == "ListenOverflows");
  CHECK(reading.counters[0].change == 2);
  CHECK(reading.counters[0].per_s == doctest::Approx(1.0));
  CHECK(WeightOf(reading.counters[0]) == CounterWeight::kTrouble);
  CHECK(reading.counters[1].name == "DelayedACKs");
  CHECK(reading.counters[2].change == 8'000);
  CHECK(reading.counters[3].change == 8'000);
  const auto unknown =
      std::find_if(reading.counters.begin(), reading.counters.end(),
                   [](const CounterChange& change) { return change.name == "NobodyKnowsThis"; });
  REQUIRE(unknown != reading.counters.end());
  CHECK(unknown->word == nullptr);
  CHECK(WeightOf(*unknown) == CounterWeight::kTraffic);
}

TEST_CASE("a counter that went backwards is left out") {
  CHECK(CompareCounters(Reading(5, 0, 0), Reading(3, 0, 0), {}, {}, 1).counters.empty());
}

TEST_CASE("softnet counts in 32 bits and by CPU") {
  const std::vector<SoftnetCpu> before{{.cpu = 0, .processed = 0xffffff00},
                                       {.cpu = 1, .processed = 10, .dropped = 3},
                                       {.cpu = 2, .processed = 5}};
  const std::vector<SoftnetCpu> after{{.cpu = 0, .processed = 0x100},
                                      {.cpu = 1, .processed = 20, .dropped = 5, .time_squeeze = 1},
                                      {.cpu = 2, .processed = 5},
                                      {.cpu = 3, .processed = 5}};
  const CountersReading reading = CompareCounters({}, {}, before, after, 1);
  REQUIRE(reading.softnet.size() == 2);
  CHECK(reading.softnet[0] == SoftnetChange{0, 0x200, 0, 0, 0});
  CHECK(reading.softnet[1] == SoftnetChange{1, 10, 2, 1, 0});
}

TEST_CASE("no time, no rate") {
  const CountersReading reading = CompareCounters(Reading(0, 0, 0), Reading(1, 0, 0), {}, {}, 0);
  REQUIRE(reading.counters.size() == 1);
  CHECK(reading.counters[0].per_s == 0);
}
