#include "probe/scripted.h"

#include <doctest/doctest.h>

#include "probe/run_facts.h"
#include "unit/probe/timeline_builder.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

ScriptedLength Lengths(const char* client, const char* server, int think_ms = 0) {
  Traffic traffic;
  traffic.client = ShortScript(client);
  traffic.server = ShortScript(server);
  return LengthOfScripts(traffic, milliseconds(think_ms));
}

TEST_CASE("scripted: sleeps that follow each other add up, those that overlap do not") {
  CHECK(Lengths("w200 w1000 r100", "r1200 w100").ns == 0);
  CHECK(Lengths("s10 w200 r100", "r200 s5 w100") ==
        ScriptedLength{15'000'000, 10'000'000, 5'000'000});
  CHECK(Lengths("w200 s10 w1000 r100", "r200 s50 r1000 w100").ns == 50'000'000);
  CHECK(Lengths("w200 s60 w1000 r100", "r200 s50 r1000 w100").ns == 60'000'000);
}

TEST_CASE("scripted: what a server does after its answer delays the next one, unless one rests") {
  CHECK(Lengths("w200 r100", "r200 w100 s20").ns == 20'000'000);
  CHECK(Lengths("w200 r100", "r200 w100 s20", 5).ns == 15'000'000);
  CHECK(Lengths("w200 r100", "r200 w100 s20", 30).ns == 0);
}

TEST_CASE("scripted: scripts that wait for each other still count their sleeps") {
  CHECK(Lengths("r100 s3 w200", "r200 s4 w100").ns == 7'000'000);
  CHECK(Lengths("s3 w200 r200", "").ns == 3'000'000);
}

TEST_CASE("scripted: where Nagle can hold, and where a cork stays open") {
  const EndOptions nagle;
  EndOptions nodelay;
  nodelay.nagle = Nagle::kOff;
  CHECK(NagleCanHold(ShortScript("w200 w1000 r100"), nagle));
  CHECK_FALSE(NagleCanHold(ShortScript("w200 w1000 r100"), nodelay));
  CHECK_FALSE(NagleCanHold(ShortScript("w200 r100"), nagle));
  CHECK_FALSE(NagleCanHold(ShortScript("w200 nodelay w1000 r100"), nagle));
  CHECK(NagleCanHold(ShortScript("nagle w200 w1000 nodelay r100"), nodelay));
  CHECK(NagleCanHold(ShortScript("w200"), nagle));
  CHECK(LeavesCorked(ShortScript("cork w200 r100")));
  CHECK_FALSE(LeavesCorked(ShortScript("cork w200 uncork r100")));
  CHECK(LeavesCorked(ShortScript("w200 m1000 r100")));
  CHECK_FALSE(LeavesCorked(ShortScript("m200 w1000 r100")));
}

}  // namespace
}  // namespace tunewire
