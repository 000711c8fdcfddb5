#include <doctest/doctest.h>

#include "support/fake_load.h"
#include "tunewire/http/verdict.h"

namespace tunewire {
namespace {

const HttpWatch kGoOn = [](const HttpProgress&) { return false; };

HttpRequest Ask(bool loopback) {
  HttpRequest request;
  request.loopback = loopback;
  return request;
}

HttpResult Diagnose(const ServerModel& model, const HttpRequest& request) {
  FakeLoadClient client(model);
  Result<HttpResult> result = RunHttp(client, request, kGoOn);
  REQUIRE(result);
  return *result;
}

HttpVerdict VerdictOn(const ServerModel& model) { return Diagnose(model, Ask(true)).verdict; }

bool Mentions(const std::vector<std::string>& lines, std::string_view words) {
  for (const std::string& line : lines) {
    if (line.find(words) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("a healthy server has no stall") {
  const HttpVerdict verdict = VerdictOn({});
  CHECK_FALSE(verdict.stall);
  CHECK(verdict.side == "none");
  CHECK(verdict.cause == HttpCause::kNone);
  CHECK(verdict.sentence == "no stall: 60 us on a kept connection, 60 us on a new one");
  CHECK(verdict.fixes.empty());
}

TEST_CASE("a single hiccup is no stall") {
  const HttpVerdict verdict = VerdictOn({.hiccup_at = 3});
  CHECK_FALSE(verdict.stall);
  CHECK(verdict.cause == HttpCause::kNone);
}

TEST_CASE("head and body in two writes with Nagle on is the server's doing, confirmed") {
  const HttpVerdict verdict = VerdictOn({.two_writes_nagle = true});
  CHECK(verdict.stall);
  CHECK(verdict.side == "server");
  CHECK(verdict.cause == HttpCause::kServerNagle);
  CHECK(verdict.confirmed);
  REQUIRE(verdict.effect);
  CHECK(verdict.effect->interval.high < 0);
  CHECK(verdict.sentence.find("x slower than new connections") != std::string::npos);
  CHECK(Mentions(verdict.reasons, "head 166 B, 44.0 ms of nothing, 1000 B"));
  CHECK(Mentions(verdict.reasons, "at Ethernet's MSS"));
  REQUIRE(verdict.fixes.size() >= 2);
  CHECK(verdict.fixes[0].id == "one_write");
}

TEST_CASE("every n-th is found though the median is healthy") {
  const HttpVerdict verdict = VerdictOn({.two_writes_nagle = true, .every = 3});
  CHECK(verdict.stall);
  CHECK(verdict.cause == HttpCause::kServerNagle);
  CHECK(verdict.confirmed);
  CHECK(verdict.sentence.find("every 3rd") != std::string::npos);
}

TEST_CASE("a server that thinks and holds back is called for what it holds back") {
  const HttpVerdict verdict = VerdictOn({.two_writes_nagle = true, .think_ms = 50});
  CHECK(verdict.stall);
  CHECK(verdict.cause == HttpCause::kServerNagle);
}

TEST_CASE("slow is not Nagle") {
  for (const ServerModel& model :
       {ServerModel{.think_ms = 40}, ServerModel{.body_ms = 44}, ServerModel{.body_ms = 40}}) {
    const HttpVerdict verdict = VerdictOn(model);
    CHECK_FALSE(verdict.stall);
    CHECK(verdict.side == "server");
    CHECK(verdict.cause == HttpCause::kSlowServer);
    CHECK(verdict.sentence.find("no stall") == 0);
  }
}

TEST_CASE("a server that works for some requests only is slow: our ACKs do not move it") {
  const HttpVerdict verdict = VerdictOn({.slow_every = 6});
  CHECK_FALSE(verdict.stall);
  CHECK(verdict.cause == HttpCause::kSlowServer);
}

TEST_CASE("a slow body in the delayed-ACK band warns of what may be behind the server") {
  CHECK(Mentions(VerdictOn({.body_ms = 44}).warnings, "one behind it"));
}

TEST_CASE("a cork left open is likely: closing sends it, our ACKs do not") {
  const HttpVerdict verdict = VerdictOn({.corked = true});
  CHECK(verdict.stall);
  CHECK(verdict.cause == HttpCause::kServerCork);
  CHECK_FALSE(verdict.confirmed);
  CHECK(Mentions(verdict.reasons, "likely only"));
}

TEST_CASE("a server that works 200 ms is slow, for new connections are slow as well") {
  CHECK(VerdictOn({.think_ms = 205}).cause == HttpCause::kSlowServer);
}

TEST_CASE("what only loopback shows is said") {
  const HttpVerdict verdict = VerdictOn({.two_writes_nagle = true, .second_write = 3000});
  CHECK(verdict.stall);
  CHECK(Mentions(verdict.warnings, "only loopback shows this"));
}

TEST_CASE("without interleaved runs nothing is confirmed") {
  FakeLoadClient client({.two_writes_nagle = true});
  std::size_t runs = 0;
  // Ends after the first run with our ACKs at once: A B, and no second A.
  const Result<HttpResult> result = RunHttp(client, Ask(false), [&](const HttpProgress& progress) {
    runs = progress.run;
    return progress.run == 4;
  });
  REQUIRE(result);
  CHECK(result->partial);
  CHECK(runs == 4);
  CHECK(result->runs.size() == 3);
}

TEST_CASE("a load run without late answers asks nothing more; one with late answers does") {
  HttpRequest request = Ask(false);
  request.ask = HttpAsk::kLoadAndProof;
  request.spec.requests = 50;
  request.spec.connections = 4;
  FakeLoadClient fine({});
  REQUIRE(RunHttp(fine, request, kGoOn));
  CHECK(fine.asked.size() == 1);
  FakeLoadClient stalling({.two_writes_nagle = true});
  const Result<HttpResult> result = RunHttp(stalling, request, kGoOn);
  REQUIRE(result);
  CHECK(stalling.asked.size() == 6);
  CHECK(result->verdict.cause == HttpCause::kServerNagle);
  request.ask = HttpAsk::kLoad;
  FakeLoadClient unproven({.two_writes_nagle = true});
  const Result<HttpResult> alone = RunHttp(unproven, request, kGoOn);
  REQUIRE(alone);
  CHECK(alone->verdict.cause == HttpCause::kUnknown);
  CHECK_FALSE(alone->verdict.stall);
}

TEST_CASE("a refused first run is the error, a later one a warning") {
  FakeLoadClient never({.refuses_from = 1});
  const Result<HttpResult> none = RunHttp(never, Ask(false), kGoOn);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == "refused");
  FakeLoadClient later({.refuses_from = 3});
  const Result<HttpResult> some = RunHttp(later, Ask(false), kGoOn);
  REQUIRE(some);
  CHECK(Mentions(some->verdict.warnings, "a later run failed"));
}

TEST_CASE("think times are tried one by one") {
  HttpRequest request = Ask(false);
  request.think_us = {0, 20'000, 41'000};
  const HttpResult result = Diagnose({.two_writes_nagle = true}, request);
  std::size_t tried = 0;
  for (const HttpRun& run : result.runs) tried += run.change == HttpChange::kThink ? 1 : 0;
  CHECK(tried == 3);
}

}  // namespace
}  // namespace tunewire
