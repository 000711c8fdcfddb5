#include "tunewire/host/workers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace tunewire {

TEST_CASE("as many jobs as allowed, no more, and a place is free again when one is done") {
  std::atomic<bool> go = false;
  std::atomic<int> done = 0;
  const auto job = [&] {
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++done;
  };
  Workers workers(3);
  for (int i = 0; i < 3; ++i) CHECK(workers.Start(job));
  CHECK(workers.AtWork() == 3);
  const Status fourth = workers.Start(job);
  REQUIRE_FALSE(fourth);
  CHECK(fourth.error().kind == ErrorKind::kBusy);
  go = true;
  for (int i = 0; i < 5000 && workers.AtWork() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(done == 3);
  CHECK(workers.Start(job));
}

TEST_CASE("the end waits for every job") {
  std::atomic<int> done = 0;
  {
    Workers workers(4);
    for (int i = 0; i < 4; ++i) {
      CHECK(workers.Start([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ++done;
      }));
    }
  }
  CHECK(done == 4);
}

}  // namespace tunewire
