#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/fake_ends.h"
#include "tunewire/probe/experiment.h"
#include "unit/probe/scenes.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

FakeKernel Ethernet() {
  FakeKernel kernel;
  kernel.mss = 1448;
  return kernel;
}

ProbeResult Probe(FakeEnds& ends, Traffic traffic) {
  ProbeRequest request;
  request.traffic = std::move(traffic);
  Result<ProbeResult> result = RunProbe(ends, request, Noise{}, {});
  REQUIRE(result);
  return std::move(*result);
}

ProbeResult Probe(const FakeKernel& kernel, const char* pattern, Writer writer = Writer::kClient) {
  FakeEnds ends(kernel);
  return Probe(ends, NamedTraffic(pattern, Shape{}, writer).value());
}

bool Says(const std::vector<std::string>& texts, const std::string& part) {
  return std::ranges::any_of(
      texts, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

const Fix* FixOf(const Verdict& verdict, Side side, const std::string& id) {
  const auto found = std::ranges::find_if(
      verdict.fixes, [&](const Fix& fix) { return fix.side == side && fix.id == id; });
  return found == verdict.fixes.end() ? nullptr : &*found;
}

TEST_CASE("judge: every role, cause and confidence has a name of its own") {
  CHECK(NameOf(RunRole::kQuickAckAlways) == "quickack_always");
  CHECK(NameOf(RunRole::kOther) == "other");
  CHECK(NameOf(Cause::kNagleDelayedAck) == "nagle_delayed_ack");
  CHECK(NameOf(Cause::kUnknown) == "unknown");
  CHECK(NameOf(Confidence::kConfirmed) == "confirmed");
  CHECK(NameOf(Confidence::kLikely) == "likely");
}

TEST_CASE("judge: Nagle names the writing side, and fixes for both") {
  const Verdict client = Probe(Ethernet(), "two_writes").verdict;
  CHECK(client.cause == Cause::kNagleDelayedAck);
  CHECK(client.side == Side::kClient);
  CHECK(client.confidence == Confidence::kConfirmed);
  for (const char* id : {"one_write", "nodelay", "msg_more"}) {
    CHECK(FixOf(client, Side::kClient, id) != nullptr);
  }
  for (const char* id : {"quickack_always", "delack_max", "route_quickack", "route_rto_min"}) {
    CHECK(FixOf(client, Side::kServer, id) != nullptr);
  }
  const Fix* nodelay = FixOf(client, Side::kClient, "nodelay");
  REQUIRE(nodelay != nullptr);
  CHECK(nodelay->tried == RunRole::kNoDelay);
  REQUIRE(nodelay->effect.has_value());
  CHECK(nodelay->effect->after < 1e6);
  REQUIRE(nodelay->stalls.has_value());
  CHECK(nodelay->stalls->after == 0);
  CHECK(client.effect->interval.high < 0);

  const Verdict server = Probe(Ethernet(), "two_writes", Writer::kServer).verdict;
  CHECK(server.side == Side::kServer);
  REQUIRE(FixOf(server, Side::kServer, "nodelay") != nullptr);
  CHECK(FixOf(server, Side::kServer, "nodelay")->text.find("accepted socket") != std::string::npos);
  CHECK(FixOf(server, Side::kClient, "quickack_always") != nullptr);

  const Verdict both = Probe(Ethernet(), "two_writes", Writer::kBoth).verdict;
  CHECK(both.side == Side::kBoth);
  CHECK(FixOf(both, Side::kClient, "nodelay") != nullptr);
  CHECK(FixOf(both, Side::kServer, "nodelay") != nullptr);
}

TEST_CASE("judge: what helped here comes first, what did not is no fix") {
  const Verdict verdict = Probe(Ethernet(), "two_writes").verdict;
  bool tried = true;
  for (const Fix& fix : verdict.fixes) {
    CHECK(fix.tried.has_value() <= tried);
    tried = fix.tried.has_value();
    CHECK(fix.tried != RunRole::kQuickAckOnce);
    if (fix.effect) CHECK(fix.effect->change < 0);
  }
  CHECK(Says(verdict.warnings, "TCP_QUICKACK set once does not last"));
}

TEST_CASE("judge: cork and MSG_MORE left open") {
  for (const char* pattern : {"cork_left_open", "msg_more_left_open"}) {
    CAPTURE(pattern);
    const Verdict verdict = Probe(Ethernet(), pattern).verdict;
    CHECK(verdict.stall);
    CHECK(verdict.cause == Cause::kCork);
    CHECK(verdict.side == Side::kClient);
    CHECK(verdict.confidence == Confidence::kConfirmed);
    CHECK(verdict.fixes.front().id == "uncork");
    CHECK(FixOf(verdict, Side::kClient, "nodelay") == nullptr);
  }
}

TEST_CASE("judge: pacing is confirmed by another congestion control") {
  FakeKernel kernel = Ethernet();
  kernel.congestion = "bbr";
  kernel.pace_every = 2;
  kernel.pace = milliseconds{45};
  const ProbeResult result = Probe(kernel, "one_write");
  CHECK(result.verdict.cause == Cause::kPacing);
  CHECK(result.verdict.confidence == Confidence::kConfirmed);
  REQUIRE_FALSE(result.verdict.fixes.empty());
  CHECK(result.verdict.fixes.front().tried == RunRole::kOtherCongestion);
}

TEST_CASE("judge: loss and a program that does not run are never Nagle, and no A/B confirms them") {
  FakeKernel lossy = Ethernet();
  lossy.lose_every = 4;
  const Verdict loss = Probe(lossy, "one_write").verdict;
  CHECK(loss.stall);
  CHECK(loss.cause != Cause::kNagleDelayedAck);
  CHECK(loss.confidence == Confidence::kLikely);

  FakeKernel slow = Ethernet();
  slow.work_every = 1;
  slow.work = milliseconds{44};
  const Verdict work = Probe(slow, "one_write").verdict;
  CHECK(work.cause != Cause::kNagleDelayedAck);
  CHECK(work.side != Side::kClient);
  CHECK(work.confidence == Confidence::kLikely);
}

TEST_CASE("judge: a slow body is never Nagle, though delayed ACKs count and it takes 44 ms") {
  Traffic traffic =
      NamedTraffic("two_writes", Shape{.gap = milliseconds{44}}, Writer::kServer).value();
  traffic.server_options.nagle = Nagle::kOff;
  FakeEnds ends(Ethernet());
  const Verdict verdict = Probe(ends, traffic).verdict;
  CHECK_FALSE(verdict.stall);
  CHECK(verdict.cause != Cause::kNagleDelayedAck);
}

/// One run by itself, as the scenes have it.
Verdict JudgeScene(const RunBuilder& scene, bool stamps) {
  RunBuilder copy = scene;
  RunEvidence run = stamps ? copy.evidence() : copy.WithoutStamps();
  const RunReport report = ReportRun(RunRole::kAsked, "as asked", 0, std::move(run), true);
  return Judge({&report, 1});
}

TEST_CASE("judge: one run alone makes every cause likely at most, and says why") {
  struct Case {
    RunBuilder scene;
    Cause cause;
    Side side;
  };
  const Case cases[] = {
      {scenes::NagleStall(), Cause::kNagleDelayedAck, Side::kClient},
      {scenes::ServerNagleStall(), Cause::kNagleDelayedAck, Side::kServer},
      {scenes::TwoSided(), Cause::kNagleDelayedAck, Side::kBoth},
      {scenes::CorkLeftOpen(), Cause::kCork, Side::kClient},
      {scenes::TailLoss(), Cause::kLoss, Side::kClient},
      {scenes::ReplyLoss(), Cause::kLoss, Side::kServer},
      {scenes::Pacing(), Cause::kPacing, Side::kClient},
      {scenes::ZeroWindow(), Cause::kWindow, Side::kClient},
  };
  for (const Case& one : cases) {
    CAPTURE(NameOf(one.cause));
    const Verdict verdict = JudgeScene(one.scene, true);
    CHECK(verdict.stall);
    CHECK(verdict.cause == one.cause);
    CHECK(verdict.side == one.side);
    CHECK(verdict.confidence == Confidence::kLikely);
    CHECK_FALSE(verdict.fixes.empty());
    CHECK(Says(verdict.reasons, "only likely: no A/B run was made"));
  }
  CHECK(JudgeScene(scenes::Hiccup(), true).cause == Cause::kScheduling);
  CHECK_FALSE(JudgeScene(scenes::Hiccup(), true).stall);
  CHECK_FALSE(JudgeScene(scenes::Clean(), true).stall);
  CHECK(JudgeScene(scenes::Clean(), true).cause == Cause::kNone);
  CHECK(JudgeScene(scenes::SlowApplication(), true).cause == Cause::kApplication);
  CHECK(JudgeScene(scenes::AwaitedAck(), true).cause != Cause::kNagleDelayedAck);
}

TEST_CASE("judge: Nagle is not said without the hold or an A/B") {
  const Verdict verdict = JudgeScene(scenes::NagleStall(), false);
  CHECK(verdict.stall);
  CHECK(verdict.cause == Cause::kUnknown);
  CHECK(Says(verdict.reasons, "likely Nagle"));
}

/// A and B of a real experiment; the cases change what their blocks say.
struct Pair {
  Pair() {
    FakeEnds ends(Ethernet());
    ProbeResult result = Probe(ends, NamedTraffic("two_writes", Shape{}, Writer::kClient).value());
    for (RunReport& run : result.runs) {
      if (run.role == RunRole::kAsked || run.role == RunRole::kNoDelay) {
        runs.push_back(std::move(run));
      }
    }
    REQUIRE(runs.size() == 2);
  }
  std::vector<RunBlock>& asked() { return runs[0].blocks; }
  std::vector<RunBlock>& varied() { return runs[1].blocks; }

  std::vector<RunReport> runs;
};

TEST_CASE("judge: confirmed needs A B A, agreeing blocks, and an interval without 0") {
  const Stamping off = Stamping::kOff;
  Pair pair;
  pair.asked() = {{0, off, 20, 19}, {2, off, 20, 19}};
  pair.varied() = {{1, off, 100, 0}};
  CHECK(Judge(pair.runs).confidence == Confidence::kConfirmed);

  SUBCASE("A B: drift could fake it") {
    pair.asked() = {{0, off, 20, 19}};
    CHECK(Judge(pair.runs).confidence == Confidence::kLikely);
    CHECK(Says(Judge(pair.runs).reasons, "not interleaved"));
  }
  SUBCASE("A A B") {
    pair.varied() = {{3, off, 100, 0}};
    CHECK(Judge(pair.runs).confidence == Confidence::kLikely);
  }
  SUBCASE("the stall went away by itself") {
    pair.asked() = {{0, off, 20, 19}, {2, off, 20, 0}};
    const Verdict verdict = Judge(pair.runs);
    CHECK(verdict.confidence == Confidence::kLikely);
    CHECK(verdict.cause == Cause::kNagleDelayedAck);
    CHECK(Says(verdict.reasons, "contradict"));
  }
  SUBCASE("too few exchanges to tell") {
    pair.asked() = {{0, off, 2, 1}, {2, off, 2, 1}};
    pair.varied() = {{1, off, 2, 0}};
    CHECK(Judge(pair.runs).confidence == Confidence::kLikely);
  }
  SUBCASE("TCP_NODELAY changes nothing, though the hold was seen") {
    pair.varied() = {{1, off, 20, 19}};
    pair.runs[1].evidence.exchanges = pair.runs[0].evidence.exchanges;
    const Verdict verdict = Judge(pair.runs);
    CHECK(verdict.confidence == Confidence::kLikely);
    CHECK(Says(verdict.reasons, "yet TCP_NODELAY changes nothing"));
    CHECK(FixOf(verdict, Side::kClient, "one_write") != nullptr);
    CHECK(FixOf(verdict, Side::kClient, "nodelay") == nullptr);
  }
  SUBCASE("TCP_NODELAY changes nothing, and no hold was seen: not Nagle") {
    pair.varied() = {{1, off, 20, 19}};
    pair.runs[0].timelines.clear();
    const Verdict verdict = Judge(pair.runs);
    CHECK(verdict.cause == Cause::kUnknown);
    CHECK(Says(verdict.reasons, "not Nagle"));
  }
}

TEST_CASE("judge: QUICKACK after every recv alone can prove it, QUICKACK once cannot") {
  Pair pair;
  pair.runs[0].timelines.clear();
  pair.runs[1].role = RunRole::kQuickAckAlways;
  CHECK(Judge(pair.runs).cause == Cause::kNagleDelayedAck);
  CHECK(Judge(pair.runs).confidence == Confidence::kConfirmed);
  pair.runs[1].role = RunRole::kQuickAckOnce;
  CHECK(Judge(pair.runs).cause == Cause::kUnknown);
}

TEST_CASE("judge: what QUICKACK mends towards an echo server, the server held") {
  Pair pair;
  for (RunReport& run : pair.runs) run.evidence.server.reset();
  pair.runs[0].timelines.clear();
  pair.runs[1].role = RunRole::kQuickAckAlways;
  pair.runs.push_back(pair.runs[1]);
  pair.runs.back().role = RunRole::kNoDelay;
  pair.runs.back().blocks = {{3, Stamping::kOff, 20, 19}};
  const Verdict verdict = Judge(pair.runs);
  CHECK(verdict.cause == Cause::kNagleDelayedAck);
  CHECK(verdict.side == Side::kServer);
}

TEST_CASE("judge: a single slow exchange of few is no stall either") {
  FakeKernel kernel = Ethernet();
  kernel.work_every = 15;
  kernel.work = milliseconds{30};
  FakeEnds ends(kernel);
  ProbeRequest request;
  request.traffic = NamedTraffic("one_write", Shape{}, Writer::kClient).value();
  request.count = 20;
  request.proof = Proof::kNone;
  const Result<ProbeResult> result =
      RunProbe(ends, request, Noise{}, [](const ProbeProgress&) { return false; });
  REQUIRE(result);
  CHECK(result->runs.front().stalls.count == 1);
  CHECK_FALSE(result->verdict.stall);
}

TEST_CASE("judge: one slow exchange of thousands is a word, and no stall") {
  FakeKernel kernel = Ethernet();
  kernel.work_every = 1500;
  kernel.work = milliseconds{30};
  const Verdict verdict = Probe(kernel, "one_write").verdict;
  CHECK_FALSE(verdict.stall);
}

TEST_CASE("judge: an MSS that hides a stall is named, with the cure") {
  FakeEnds stalling(Ethernet());
  FakeEnds clean({});
  Traffic traffic = NamedTraffic("two_writes", Shape{}, Writer::kClient).value();
  std::vector<RunReport> runs =
      std::move(Probe(clean, NamedTraffic("one_write", Shape{}, Writer::kClient).value()).runs);
  runs.resize(1);
  traffic.mss = 1448;
  for (RunReport& run : Probe(stalling, traffic).runs) runs.push_back(std::move(run));
  const Verdict verdict = Judge(runs);
  CHECK_FALSE(verdict.stall);
  CHECK(Says(verdict.warnings, "loopback hides a stall"));
  CHECK(FixOf(verdict, Side::kClient, "nodelay") != nullptr);
}

TEST_CASE("judge: ends with different congestion controls are named") {
  Pair pair;
  pair.runs[0].evidence.server->tcp.congestion = "bbr";
  CHECK(Says(Judge(pair.runs).warnings, "cubic at the client, bbr at the server"));
}

TEST_CASE("judge: nothing to judge is no verdict") { CHECK(Judge({}) == Verdict{}); }

}  // namespace
}  // namespace tunewire
