#include "probe/stamps.h"

#include <doctest/doctest.h>

#include <vector>

namespace tunewire {
namespace {

Event Write(std::uint32_t bytes, std::int64_t begin, std::int64_t end, std::uint32_t notsent) {
  Event event{.kind = StepKind::kWrite, .bytes = bytes, .begin_ns = begin, .end_ns = end};
  event.notsent_bytes = notsent;
  return event;
}

constexpr std::int64_t kOffset = 1'000'000;

KernelStamp At(StampKind kind, std::uint32_t byte, std::int64_t when) {
  return {kind, byte, when + kOffset};
}

TEST_CASE("stamps go to the write that ends with their byte") {
  std::vector<Event> events{
      Write(200, 10, 12, 0), {.kind = StepKind::kRead, .bytes = 50}, Write(1000, 20, 22, 1000)};
  const std::vector<KernelStamp> stamps{
      At(StampKind::kSched, 199, 11), At(StampKind::kSent, 199, 12), At(StampKind::kAcked, 199, 40),
      At(StampKind::kSched, 1199, 41), At(StampKind::kSent, 500, 41)};
  MatchStamps(events, stamps, kOffset);
  CHECK(events[0].sched_ns == 11);
  CHECK(events[0].sent_ns == 12);
  CHECK(events[0].acked_ns == 40);
  CHECK_FALSE(events[0].resent_ns);
  CHECK(events[2].sched_ns == 41);
  CHECK_FALSE(events[2].sent_ns);
  CHECK_FALSE(events[1].sched_ns);
}

TEST_CASE("the second time a byte is sent is a resend") {
  std::vector<Event> events{Write(200, 10, 12, 0)};
  const std::vector<KernelStamp> stamps{At(StampKind::kSent, 199, 12),
                                        At(StampKind::kSent, 199, 217),
                                        At(StampKind::kSent, 199, 900)};
  MatchStamps(events, stamps, kOffset);
  CHECK(events[0].sent_ns == 12);
  CHECK(events[0].resent_ns == 217);
}

TEST_CASE("writes merged into one packet share its stamps where that is sure") {
  const std::vector<KernelStamp> last{At(StampKind::kSched, 599, 50), At(StampKind::kSent, 599, 51),
                                      At(StampKind::kAcked, 599, 60)};
  SUBCASE("all of it was unsent when the last one had been queued") {
    std::vector<Event> events{Write(200, 10, 12, 200), Write(200, 20, 22, 400),
                              Write(200, 30, 32, 600)};
    MatchStamps(events, last, kOffset);
    for (const Event& event : events) {
      CHECK(event.sched_ns == 50);
      CHECK(event.acked_ns == 60);
    }
  }
  SUBCASE("the last one left within its own call") {
    std::vector<Event> events{Write(400, 10, 12, 400), Write(200, 45, 55, 0)};
    MatchStamps(events, last, kOffset);
    CHECK(events[0].sched_ns == 50);
  }
  SUBCASE("a full segment in front may have gone before: nothing is guessed") {
    std::vector<Event> events{Write(400, 10, 12, 400), Write(200, 20, 22, 100)};
    MatchStamps(events, last, kOffset);
    CHECK_FALSE(events[0].sched_ns);
    CHECK(events[1].sched_ns == 50);
  }
}

TEST_CASE("places beyond 4 GiB mean the write that had begun") {
  constexpr std::uint32_t kHalf = 1U << 31;
  std::vector<Event> events{Write(kHalf, 10, 12, 0), Write(kHalf, 20, 22, 0),
                            Write(kHalf, 30, 32, 0)};
  const std::vector<KernelStamp> stamps{At(StampKind::kSent, kHalf - 1, 11),
                                        At(StampKind::kSent, kHalf - 1, 31)};
  MatchStamps(events, stamps, kOffset);
  CHECK(events[0].sent_ns == 11);
  CHECK(events[2].sent_ns == 31);
  CHECK_FALSE(events[0].resent_ns);
}

TEST_CASE("nothing to match is nothing") {
  MatchStamps({}, {}, 0);
  std::vector<Event> empty{{.kind = StepKind::kWrite}};
  const std::vector<KernelStamp> stamps{At(StampKind::kSent, 0, 1)};
  MatchStamps(empty, stamps, kOffset);
  CHECK_FALSE(empty[0].sent_ns);
}

}  // namespace
}  // namespace tunewire
