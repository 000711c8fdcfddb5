#include "http/forecast.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

LoadSpec Keep(std::uint32_t connections) {
  LoadSpec spec;
  spec.connections = connections;
  return spec;
}

LoadSpec Anew(std::uint32_t connections, std::uint64_t requests, double rate) {
  LoadSpec spec = Keep(connections);
  spec.keep_alive = false;
  spec.requests = requests;
  spec.rate = rate;
  return spec;
}

/// 28232 ports, to another host, no reuse.
ForecastFacts Facts() { return {{1024, 1'048'576}, SourcePorts{}}; }

std::vector<std::string> Codes(const LoadSpec& spec, const ForecastFacts& facts) {
  std::vector<std::string> codes;
  for (const Shortage& one : ForecastLoad(spec, facts)) {
    codes.push_back((one.certainty == Certainty::kWill ? "will " : "may ") + one.code);
    CHECK_FALSE(one.sentence.empty());
    CHECK_FALSE(one.hint.empty());
  }
  return codes;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("http forecast: nothing runs short") {
  CHECK(Codes(Keep(10'000), Facts()).empty());
  CHECK(Codes(Anew(100, 10'000, 0), Facts()).empty());
  CHECK(Codes(Anew(100, 0, 400), Facts()).empty());
  CHECK(Codes(Keep(28'232), Facts()).empty());
  CHECK(Codes(Keep(1'000'000), {{10, kUnlimited}, std::nullopt}).empty());
}

TEST_CASE("http forecast: descriptors") {
  ForecastFacts facts = Facts();
  facts.nofile = {1024, 4096};
  CHECK(Codes(Keep(4032), facts).empty());
  REQUIRE(Codes(Keep(4033), facts) == Words{"will descriptors"});
  CHECK(ForecastLines(ForecastLoad(Keep(10'000), facts)) ==
        Words{"10000 connections need 10064 descriptors and this process may have 4096: 5968 will "
              "not open; raise the hard limit: ulimit -Hn 10064 as root, or LimitNOFILE="});
}

TEST_CASE("http forecast: source ports") {
  CHECK(Codes(Keep(28'233), Facts()) == Words{"will source_ports"});
  LoadSpec spec = Keep(56'464);
  spec.sources = {"10.0.0.1", "10.0.0.2"};
  CHECK(Codes(spec, Facts()).empty());
  ++spec.connections;
  const auto shortages = ForecastLoad(spec, Facts());
  REQUIRE(shortages.size() == 1);
  CHECK(shortages[0].needed == 56'465);
  CHECK(shortages[0].available == 56'464);
  CHECK(shortages[0].sentence ==
        "2 source addresses have 56464 ports to one destination (32768-60999), and 56465 "
        "connections need one each: 1 will not open");
}

TEST_CASE("http forecast: TIME_WAIT") {
  // 28232 ports / 60 s = 470 a second.
  CHECK(Codes(Anew(1, 0, 470), Facts()).empty());
  CHECK(Codes(Anew(1, 0, 471), Facts()) == Words{"may time_wait"});
  CHECK(Codes(Anew(1, 100'000, 0), Facts()) == Words{"may time_wait"});
  CHECK(ForecastLoad(Anew(1, 0, 1000), Facts())[0].sentence ==
        "1000 new connections a second are too many where this side closes first: 28232 ports, "
        "each held 60 s after its connection, allow 470 new connections a second");
  ForecastFacts reusing = Facts();
  reusing.ports->loopback = true;
  CHECK(Codes(Anew(1, 100'000, 0), reusing).empty());
  CHECK(Codes(Anew(1, 0, 20'000), reusing).empty());
  CHECK(Codes(Anew(1, 0, 30'000), reusing) == Words{"may time_wait"});
  ForecastFacts held = Facts();
  held.ports->time_wait = 28'000;
  CHECK(Codes(Keep(232), held).empty());
  CHECK(Codes(Keep(233), held) == Words{"may time_wait"});
}

}  // namespace tunewire
