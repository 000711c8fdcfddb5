#include "probe/variations.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "probe/schedule.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

Script Parse(const char* text) { return ParseScript(text, "test").value(); }

std::string Joined(const char* text) { return FormatScript(JoinWrites(Parse(text)).value()); }

std::string Closed(const char* text) { return FormatScript(CloseHolds(Parse(text))); }

Traffic FromScript(const char* client) {
  Traffic traffic;
  traffic.client = Parse(client);
  traffic.server = Answering(traffic.client).value();
  return traffic;
}

std::vector<RunRole> Roles(const std::vector<Variation>& variations) {
  std::vector<RunRole> roles;
  for (const Variation& variation : variations) roles.push_back(variation.role);
  return roles;
}

const Variation& Of(const std::vector<Variation>& all, RunRole role) {
  const auto found = std::ranges::find(all, role, &Variation::role);
  REQUIRE(found != all.end());
  return *found;
}

TEST_CASE("variations: pieces are writes with no read between, going round") {
  CHECK(WritesInPieces(Parse("w200 w1000 r100")));
  CHECK(WritesInPieces(Parse("w200 s5ms w1000 r100")));
  CHECK(WritesInPieces(Parse("w100 r50 w100")));
  CHECK_FALSE(WritesInPieces(Parse("w200 r100")));
  CHECK_FALSE(WritesInPieces(Parse("w200 r100 w10 r10")));
  CHECK_FALSE(WritesInPieces(Parse("w200 a w100 r100")));
  CHECK_FALSE(WritesInPieces(Parse("v200,1000 r100")));
}

TEST_CASE("variations: one writev of the same bytes") {
  CHECK(Joined("w200 w1000 r100") == "v200,1000 r100");
  CHECK(Joined("w200 s5ms w1000 s1ms r100") == "s5ms v200,1000 s1ms r100");
  CHECK(Joined("cork w200 m1000 uncork r100") == "v200,1000 r100");
  CHECK(Joined("w5 r100 v1,2 w3 r1") == "w5 r100 v1,2,3 r1");
  const Script many(40, Step{StepKind::kWrite, {10}, {}});
  const Script joined = JoinWrites(many).value();
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].sizes.size() == kMostPieces);
  CHECK(BytesWritten(joined) == 400);
  const Script huge(18, Step{StepKind::kWrite, {kLargestPiece}, {}});
  CHECK_FALSE(JoinWrites(huge).has_value());
}

TEST_CASE("variations: cork and MSG_MORE end before every read") {
  CHECK(Closed("cork w200 w1000 r100") == "cork w200 w1000 uncork r100");
  CHECK(Closed("m200 m1000 r100") == "m200 w1000 r100");
  CHECK(Closed("m200 r100 m5") == "w200 r100 w5");
  for (const char* closed : {"w200 w1000 r100", "m200 w1000 r100", "cork w1 w2 uncork r5"}) {
    CHECK(Closed(closed) == closed);
  }
}

TEST_CASE("variations: options go to the end that writes, or to the one that reads") {
  const std::vector<Variation> all = VariationsOf(FromScript("w200 w1000 r100"), {.hz = 250});
  CHECK(Of(all, RunRole::kNoDelay).traffic.client_options.nagle == Nagle::kOff);
  CHECK(Of(all, RunRole::kNoDelay).traffic.server_options == EndOptions{});
  CHECK(Of(all, RunRole::kQuickAckAlways).traffic.server_options.quickack == QuickAck::kAlways);
  CHECK(Of(all, RunRole::kQuickAckAlways).traffic.client_options == EndOptions{});
  CHECK(Of(all, RunRole::kDelackMax).traffic.server_options.delack_max == milliseconds{8});
  CHECK(Roles(all) == std::vector{RunRole::kNoDelay, RunRole::kQuickAckAlways, RunRole::kOneWritev,
                                  RunRole::kDelackMax, RunRole::kQuickAckOnce});

  const Traffic both = NamedTraffic("two_writes", Shape{}, Writer::kBoth).value();
  const std::vector<Variation> two = VariationsOf(both, {.hz = 100});
  CHECK(Of(two, RunRole::kNoDelay).traffic.client_options.nagle == Nagle::kOff);
  CHECK(Of(two, RunRole::kNoDelay).traffic.server_options.nagle == Nagle::kOff);
  CHECK(Of(two, RunRole::kDelackMax).traffic.client_options.delack_max == milliseconds{20});
}

TEST_CASE("variations: what changes nothing is none") {
  Traffic traffic = FromScript("w200 w1000 r100");
  traffic.client_options.nagle = Nagle::kOff;
  traffic.server_options.quickack = QuickAck::kAlways;
  CHECK(Roles(VariationsOf(traffic, {.hz = 250})) ==
        std::vector{RunRole::kOneWritev, RunRole::kDelackMax});
}

TEST_CASE("variations: of an echo server only the client's side, its ACKs among them") {
  const std::vector<Variation> all =
      VariationsOf(FromScript("w200 w1000 r1200"), {.hz = 250, .server_is_ours = false});
  CHECK(Roles(all) == std::vector{RunRole::kNoDelay, RunRole::kQuickAckAlways, RunRole::kOneWritev,
                                  RunRole::kDelackMax, RunRole::kQuickAckOnce});
  CHECK(Of(all, RunRole::kQuickAckAlways).traffic.client_options.quickack == QuickAck::kAlways);
  for (const Variation& one : all) CHECK(one.traffic.server_options == EndOptions{});
}

TEST_CASE("variations: a script that turns Nagle on again is not allowed to") {
  const std::vector<Variation> all =
      VariationsOf(FromScript("w200 nodelay w1000 nagle r100"), {.hz = 250});
  CHECK(FormatScript(Of(all, RunRole::kNoDelay).traffic.client) == "w200 nodelay w1000 r100");
}

TEST_CASE("variations: what is suspected is tried first") {
  const Traffic cork = FromScript("cork w200 w1000 r100");
  CHECK(VariationsOf(cork, {.hz = 250, .suspected = Cause::kCork}).front().role ==
        RunRole::kUncorked);
  const Traffic one = FromScript("w200 r100");
  const VariationFacts pacing{.hz = 250, .suspected = Cause::kPacing, .paced = true};
  CHECK(VariationsOf(one, pacing).front().role == RunRole::kOtherCongestion);
  CHECK(VariationsOf(one, pacing).front().traffic.client_options.congestion == "reno");
}

TEST_CASE("schedule: what does not fit is left out by name, the first never") {
  const std::vector<Variation> all = VariationsOf(FromScript("w200 w1000 r100"), {.hz = 250});
  const Fitted tight = FitVariations(all, Cause::kNagleDelayedAck, milliseconds{44}, {});
  CHECK(Roles(tight.variations) == std::vector{RunRole::kNoDelay});
  CHECK(tight.left_out.size() == all.size() - 1);
  const Fitted wide =
      FitVariations(all, Cause::kNagleDelayedAck, milliseconds{44}, milliseconds{8000});
  CHECK(wide.variations == all);
  CHECK(wide.left_out.empty());
  CHECK(wide.time < milliseconds{5000});
}

TEST_CASE("schedule: a user's count and duration are the first block") {
  ProbeRequest request;
  request.count = 12;
  CHECK(FirstBlock(request) == BlockSize{12, {}});
  request.duration = milliseconds{50};
  CHECK(FirstBlock(request) == BlockSize{12, milliseconds{50}});
  ProbeRequest slow;
  slow.think = milliseconds{1000};
  CHECK(FirstBlock(slow).duration == milliseconds{4000});
}

}  // namespace
}  // namespace tunewire
