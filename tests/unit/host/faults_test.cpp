// The test tools themselves: a fault that does not happen would make every sweep pass.
#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_lock.h"
#include "support/fake_tree.h"
#include "support/faults.h"

namespace tunewire {
namespace {

struct Host {
  FakeTree kernel = FakeTree::LikeLinux();
  FakeFiles disk;
  HostOperations operations;
  FaultyTree tree{kernel, operations};
  FaultyFiles files{disk, operations};

  Host() { disk.Put("/d/there", "old"); }
};

constexpr const char* kRmem = "net.ipv4.tcp_rmem";

}  // namespace

TEST_CASE("faults: one counter over tree and files") {
  Host host;
  CHECK(host.tree.Read(Key(kRmem)).has_value());
  CHECK(host.files.Create("/d/a", "x", 0600, 0).has_value());
  CHECK(host.tree.Write(Key(kRmem), "1 2 3").has_value());
  CHECK(host.files.SyncFolder("/d").has_value());
  REQUIRE(host.operations.count() == 4);
  CHECK(host.operations.log()[1].name == "create");
  CHECK(host.operations.log()[2].subject == kRmem);
}

TEST_CASE("faults: the n-th fails, once or from then on") {
  for (const Fault::Reach reach : {Fault::Reach::kOnce, Fault::Reach::kFromThenOn}) {
    Host host;
    host.operations.Arm(2, {.os_error = EPERM, .reach = reach});
    CHECK(host.tree.Read(Key(kRmem)).has_value());
    const Status status = host.tree.Write(Key(kRmem), "1 2 3");
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().os_error == EPERM);
    CHECK(status.error().operation == "write");
    CHECK(host.kernel.Raw(kRmem) == "4096\t131072\t6291456\n");
    CHECK(host.tree.Read(Key(kRmem)).has_value() == (reach == Fault::Reach::kOnce));
  }
}

TEST_CASE("faults: a refused write may have been done in part or whole") {
  Host host;
  host.operations.Arm(1, {.done = Fault::Done::kHalf, .os_error = EINVAL});
  CHECK_FALSE(host.tree.Write(Key(kRmem), "5000 6000 7000").has_value());
  CHECK(host.kernel.Raw(kRmem) == "5000\t131072\t6291456\n");
  host.operations.Arm(1, {.done = Fault::Done::kAll, .os_error = EINVAL});
  CHECK_FALSE(host.tree.Write(Key(kRmem), "5001 6001 7001").has_value());
  CHECK(host.kernel.Raw(kRmem) == "5001\t6001\t7001\n");
  host.operations.Arm(1, {.done = Fault::Done::kHalf, .os_error = EIO});
  CHECK_FALSE(host.files.WriteAt("/d/there", 0, "NEWER").has_value());
  CHECK(host.disk.Contents().at("/d/there") == "NEd");
}

TEST_CASE("faults: a crash ends the caller before, amid or after the operation") {
  for (const Fault::Done done : {Fault::Done::kNothing, Fault::Done::kHalf, Fault::Done::kAll}) {
    Host host;
    host.operations.Arm(1, {.then = Fault::Then::kCrash, .done = done});
    CHECK_THROWS_AS(host.files.Create("/d/a", "1234", 0600, 2), HostCrash);
    const auto contents = host.disk.Contents();
    if (done == Fault::Done::kNothing) CHECK_FALSE(contents.contains("/d/a"));
    if (done == Fault::Done::kHalf) CHECK(contents.at("/d/a") == "12");
    if (done == Fault::Done::kAll) CHECK(contents.at("/d/a").size() == 6);
  }
}

TEST_CASE("faults: a refused Create leaves nothing behind") {
  for (const Fault::Done done : {Fault::Done::kNothing, Fault::Done::kHalf, Fault::Done::kAll}) {
    Host host;
    host.operations.Arm(1, {.done = done, .os_error = ENOSPC});
    CHECK_FALSE(host.files.Create("/d/a", "1234", 0600, 2).has_value());
    CHECK_FALSE(host.disk.Contents().contains("/d/a"));
  }
}

TEST_CASE("fake lock and clock") {
  FakeLock place;
  auto held = place.TryLock();
  REQUIRE(held.has_value());
  CHECK(place.TryLock().error().kind == ErrorKind::kBusy);
  held->reset();
  CHECK(place.TryLock().has_value());
  FakeClock clock;
  const std::int64_t before = clock.UnixSeconds();
  clock.Advance(std::chrono::seconds(90));
  CHECK(clock.UnixSeconds() == before + 90);
  clock.Reboot();
  CHECK(clock.SinceBoot().count() == 0);
  CHECK(clock.UnixSeconds() == before + 90);
}

}  // namespace tunewire
