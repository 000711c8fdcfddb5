#include "probe/grant.h"

#include <doctest/doctest.h>

#include <string>

namespace tunewire {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

Step Sleeping(microseconds pause) {
  return {.kind = StepKind::kSleep, .sizes = {}, .pause = pause};
}

RunRequest Asking() {
  RunRequest run;
  run.data_port = 1;
  run.spec.traffic.client = {{.kind = StepKind::kWrite, .sizes = {200}},
                             {.kind = StepKind::kWrite, .sizes = {1000}},
                             {.kind = StepKind::kRead, .sizes = {100}}};
  run.spec.traffic.server = {{.kind = StepKind::kRead, .sizes = {1200}},
                             {.kind = StepKind::kWrite, .sizes = {100}}};
  run.spec.count = 10;
  run.bytes = {
      .client_writes = 1200, .client_reads = 100, .server_writes = 100, .server_reads = 1200};
  return run;
}

RefusalReason ReasonOf(const RunRequest& run) {
  const auto refusal = RefusalOf(run);
  REQUIRE(refusal);
  CHECK_FALSE(refusal->text.empty());
  CHECK(refusal->text.size() <= kMostText);
  return refusal->reason;
}

}  // namespace

TEST_CASE("ordinary traffic is granted") { CHECK_FALSE(RefusalOf(Asking())); }

TEST_CASE("both ends must reckon with the same sizes") {
  SUBCASE("the client reckons otherwise than its script") {
    RunRequest run = Asking();
    run.bytes.client_writes = 1201;
    CHECK(ReasonOf(run) == RefusalReason::kSizeMismatch);
  }
  SUBCASE("the server would read another message") {
    RunRequest run = Asking();
    run.spec.traffic.server[0].sizes = {1000};
    run.bytes = BytesOf(run.spec.traffic);
    CHECK(ReasonOf(run) == RefusalReason::kSizeMismatch);
  }
  SUBCASE("the server would answer more than is read: no reply is larger than agreed") {
    RunRequest run = Asking();
    run.spec.traffic.server[1].sizes = {100000};
    run.bytes = BytesOf(run.spec.traffic);
    CHECK(ReasonOf(run) == RefusalReason::kSizeMismatch);
  }
}

TEST_CASE("nobody gets a server to sleep for long") {
  RunRequest run = Asking();
  SUBCASE("an hour in its script") { run.spec.traffic.server.push_back(Sleeping(hours(1))); }
  SUBCASE("as long as can be said") {
    for (int i = 0; i < 60; ++i) {
      run.spec.traffic.server.push_back(Sleeping(microseconds(std::int64_t{1} << 50)));
    }
  }
  SUBCASE("in many small ones") {
    for (int i = 0; i < 5; ++i) run.spec.traffic.server.push_back(Sleeping(seconds(1)));
  }
  SUBCASE("in the client's script") { run.spec.traffic.client.push_back(Sleeping(hours(1))); }
  SUBCASE("think time") { run.spec.think = seconds(5); }
  SUBCASE("interval") { run.spec.interval = seconds(5); }
  SUBCASE("all together") {
    run.spec.interval = seconds(3);
    run.spec.think = milliseconds(1001);
  }
  CHECK(ReasonOf(run) == RefusalReason::kLimit);
}

TEST_CASE("what may be slept is granted") {
  RunRequest run = Asking();
  run.spec.traffic.server.push_back(Sleeping(seconds(2)));
  run.spec.think = seconds(2);
  CHECK_FALSE(RefusalOf(run));
}

TEST_CASE("counts, sizes and options have bounds") {
  RunRequest run = Asking();
  SUBCASE("count") { run.spec.count = kMostExchanges + 1; }
  SUBCASE("duration") { run.spec.duration = seconds(56); }
  SUBCASE("neither count nor duration") { run.spec.count = 0; }
  SUBCASE("no steps") { run.spec.traffic.server.clear(); }
  SUBCASE("too many steps") {
    run.spec.traffic.client.assign(kMostSteps + 1, {.kind = StepKind::kCork});
  }
  SUBCASE("nothing to write") { run.spec.traffic.client[0].sizes = {0}; }
  SUBCASE("a piece too large") { run.spec.traffic.client[0].sizes = {kLargestPiece + 1}; }
  SUBCASE("a message too large") {
    run.spec.traffic.client.assign(17, {.kind = StepKind::kWrite, .sizes = {kLargestPiece}});
    run.spec.traffic.server.assign(17, {.kind = StepKind::kRead, .sizes = {kLargestPiece}});
    run.bytes = BytesOf(run.spec.traffic);
  }
  SUBCASE("without a byte") {
    run.spec.traffic.client = {{.kind = StepKind::kCork}};
    run.spec.traffic.server = {{.kind = StepKind::kCork}};
    run.bytes = {};
  }
  SUBCASE("congestion control") { run.spec.traffic.server_options.congestion = "../bbr"; }
  SUBCASE("delayed-ACK maximum") { run.spec.traffic.server_options.delack_max = seconds(2); }
  SUBCASE("MSS") { run.spec.traffic.mss = 65536; }
  CHECK(ReasonOf(run) == RefusalReason::kLimit);
}

TEST_CASE("evidence is bounded by what was asked") {
  RunSpec spec = Asking().spec;
  CHECK(MostEvents(spec) == 0);
  spec.stamping = Stamping::kOn;
  CHECK(MostEvents(spec) == 11 * 2);
  spec.count = 1'000'000;
  CHECK(MostEvents(spec) == (kMostTimelines + 1) * 2);
  spec.count = 0;
  CHECK(MostEvents(spec) == (kMostTimelines + 1) * 2);
}

TEST_CASE("a refusal is an error that says who, what and what to do") {
  const Error version = ErrorOf({RefusalReason::kVersion, "speaks 2"}, "10.0.0.9:7411");
  CHECK(version.kind == ErrorKind::kUnsupported);
  CHECK(version.code == "peer_version");
  CHECK(version.message == "10.0.0.9:7411 refuses: speaks 2");
  CHECK(ErrorOf({RefusalReason::kBusy, ""}, "p").code == "peer_busy");
  CHECK(ErrorOf({RefusalReason::kLimit, ""}, "p").kind == ErrorKind::kUsage);
  CHECK(ErrorOf({RefusalReason::kSizeMismatch, ""}, "p").code == "size_mismatch");
  CHECK(ErrorOf({RefusalReason::kNoData, ""}, "p").code == "no_data_connection");
  CHECK(ErrorOf({RefusalReason::kOver, ""}, "p").code == "timed_out");
  CHECK(ErrorOf({RefusalReason::kProtocol, ""}, "p").code == "peer_refused");
}

}  // namespace tunewire
