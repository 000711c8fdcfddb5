// Every host operation of apply, rollback and recover fails or dies once, in every plausible way.
// The end is all old, or all new, or the report names exactly the keys that differ.
#include <doctest/doctest.h>

#include <cerrno>
#include <functional>
#include <set>

#include "unit/tune/world.h"

namespace tunewire {
namespace {

using Values = std::map<std::string, std::string>;

// Couplings, a vector, a port list: every way in which the kernel makes an undo hard.
const ComposedProfile kProfile = Wants("sweep", {{"net.core.somaxconn", "8192"},
                                                 {"net.ipv4.conf.lo.forwarding", "0"},
                                                 {"net.ipv4.ip_forward", "1"},
                                                 {"net.ipv4.ip_local_reserved_ports", "8080"},
                                                 {"net.ipv4.tcp_rmem", "8192 262144 16777216"}});

Values WantedValues() {
  World world;
  REQUIRE(world.ApplyProfile(kProfile));
  return world.tree.Values();
}

std::set<std::string> Differing(const Values& a, const Values& b) {
  std::set<std::string> names;
  for (const auto& [name, value] : a)
    if (b.at(name) != value) names.insert(name);
  return names;
}

std::set<std::string> Reported(const std::vector<ItemOutcome>& outcomes) {
  const auto names = NamesOf(outcomes);
  return {names.begin(), names.end()};
}

void CheckNoTempFiles(World& world) {
  for (const auto& file : world.files.Contents()) {
    const std::string& path = file.first;
    CAPTURE(path);
    CHECK(path.ends_with(".journal"));
  }
}

constexpr Fault::Done kAllDone[] = {Fault::Done::kNothing, Fault::Done::kHalf, Fault::Done::kAll};
constexpr Fault::Reach kAllReaches[] = {Fault::Reach::kOnce, Fault::Reach::kFromThenOn};

// Runs `act` in a fresh world once per operation, errno, amount done and reach.
void SweepFaults(const std::function<void(World&)>& prepare,
                 const std::function<void(World&)>& act) {
  World counted;
  prepare(counted);
  counted.operations.Restart();
  act(counted);
  const auto log = counted.operations.log();
  REQUIRE(log.size() > 20);
  for (int n = 1; n <= static_cast<int>(log.size()); ++n) {
    for (const int os_error : PlausibleErrors(log[static_cast<std::size_t>(n - 1)].name)) {
      for (const Fault::Done done : kAllDone) {
        for (const Fault::Reach reach : kAllReaches) {
          CAPTURE(n);
          CAPTURE(log[static_cast<std::size_t>(n - 1)].name);
          CAPTURE(log[static_cast<std::size_t>(n - 1)].subject);
          CAPTURE(os_error);
          CAPTURE(static_cast<int>(done));
          CAPTURE(static_cast<int>(reach));
          World world;
          prepare(world);
          world.operations.Restart();
          world.operations.Arm(n, {.done = done, .os_error = os_error, .reach = reach});
          act(world);
        }
      }
    }
  }
}

TEST_CASE("fault sweep of apply: all old, all new, or named") {
  const Values old_values = World().tree.Values();
  const Values new_values = WantedValues();
  SweepFaults([](World&) {},
              [&](World& world) {
                const auto report = world.ApplyProfile(kProfile);
                const Values values = world.tree.Values();
                if (!report || report->outcome == ApplyReport::Outcome::kRestored) {
                  CHECK(Differing(old_values, values).empty());
                } else if (report->outcome == ApplyReport::Outcome::kApplied) {
                  CHECK(Differing(new_values, values).empty());
                } else {
                  CHECK(report->outcome == ApplyReport::Outcome::kNotRestored);
                  // A report may name more (a key that could not be read), never less.
                  for (const std::string& name : Differing(old_values, values)) {
                    CAPTURE(name);
                    CHECK(Reported(report->not_restored).contains(name));
                  }
                }
                // Once the system works again, recover finds its way to the old values.
                world.operations.Disarm();
                REQUIRE(world.RecoverAll());
                CheckNoTempFiles(world);
              });
}

TEST_CASE("fault sweep of rollback: all old, all new, or named") {
  const Values old_values = World().tree.Values();
  const Values new_values = WantedValues();
  SweepFaults([](World& world) { REQUIRE(world.ApplyProfile(kProfile)); },
              [&](World& world) {
                const auto report = world.RollbackTop();
                const Values values = world.tree.Values();
                if (!report || report->outcome == UndoReport::Outcome::kStillInForce ||
                    report->outcome == UndoReport::Outcome::kNothingToDo) {
                  CHECK(Differing(new_values, values).empty());
                } else if (report->outcome == UndoReport::Outcome::kRestored) {
                  CHECK(Differing(old_values, values).empty());
                } else {
                  auto named = Reported(report->not_restored);
                  named.merge(Reported(report->kept_foreign));
                  for (const std::string& name : Differing(old_values, values)) {
                    CAPTURE(name);
                    CHECK(named.contains(name));
                  }
                }
              });
}

TEST_CASE("crash sweep of apply: a killed process, then recover: all old or all new") {
  const Values old_values = World().tree.Values();
  const Values new_values = WantedValues();
  World counted;
  REQUIRE(counted.ApplyProfile(kProfile));
  const int operations = counted.operations.count();
  for (int n = 1; n <= operations; ++n) {
    for (const Fault::Done done : kAllDone) {
      CAPTURE(n);
      CAPTURE(static_cast<int>(done));
      World world;
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = done});
      CHECK_THROWS_AS(static_cast<void>(world.ApplyProfile(kProfile)), HostCrash);
      world.operations.Disarm();
      world.files.Crash(CrashKind::kProcessDies);
      REQUIRE(world.RecoverAll());
      const Values values = world.tree.Values();
      const bool as_before = Differing(old_values, values).empty();
      const bool as_asked = Differing(new_values, values).empty();
      CHECK((as_before || as_asked));
      CheckNoTempFiles(world);
    }
  }
}

TEST_CASE("crash sweep of rollback: a killed process, then recover: all old or all new") {
  const Values old_values = World().tree.Values();
  const Values new_values = WantedValues();
  World counted;
  REQUIRE(counted.ApplyProfile(kProfile));
  counted.operations.Restart();
  REQUIRE(counted.RollbackTop());
  const int operations = counted.operations.count();
  for (int n = 1; n <= operations; ++n) {
    for (const Fault::Done done : kAllDone) {
      CAPTURE(n);
      CAPTURE(static_cast<int>(done));
      World world;
      REQUIRE(world.ApplyProfile(kProfile));
      world.operations.Restart();
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = done});
      CHECK_THROWS_AS(static_cast<void>(world.RollbackTop()), HostCrash);
      world.operations.Disarm();
      REQUIRE(world.RecoverAll());
      const Values values = world.tree.Values();
      const bool as_before = Differing(old_values, values).empty();
      const bool as_asked = Differing(new_values, values).empty();
      CHECK((as_before || as_asked));
    }
  }
}

TEST_CASE("crash sweep of rollback: what a coupled write moves is not taken for somebody else's") {
  const ComposedProfile profile =
      Wants("pinned", {{"net.ipv4.conf.lo.forwarding", "0"}, {"net.ipv4.ip_forward", "1"}});
  // The interface differs from what writing the coupled key makes of it, before and after.
  const auto prepare = [&](World& world) {
    world.tree.Put("net.ipv4.conf.lo.forwarding", {"1"});
    REQUIRE(world.ApplyProfile(profile));
    world.operations.Restart();
  };
  World untouched;
  untouched.tree.Put("net.ipv4.conf.lo.forwarding", {"1"});
  World counted;
  prepare(counted);
  const Values asked = counted.tree.Values();
  REQUIRE(counted.RollbackTop());
  CHECK(counted.tree.Values() == untouched.tree.Values());
  for (int n = 1; n <= counted.operations.count(); ++n) {
    for (const Fault::Done done : kAllDone) {
      CAPTURE(n);
      CAPTURE(static_cast<int>(done));
      World world;
      prepare(world);
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = done});
      CHECK_THROWS_AS(static_cast<void>(world.RollbackTop()), HostCrash);
      world.operations.Disarm();
      REQUIRE(world.RecoverAll());
      const Values values = world.tree.Values();
      const bool as_before = Differing(untouched.tree.Values(), values).empty();
      CHECK((as_before || Differing(asked, values).empty()));
    }
  }
}

TEST_CASE("crash sweep of recover: killed while it puts back, it can run again") {
  const Values old_values = World().tree.Values();
  const auto crashed = [](World& world) {
    // Half of the keys are written when the process dies.
    int writes = 0;
    TuneHost host = world.Host();
    host.interrupted = [&]() -> bool {
      if (++writes > 3) throw HostCrash{};
      return false;
    };
    CHECK_THROWS_AS(static_cast<void>(Apply(world.lock, host, world.PlanOf(kProfile), {})),
                    HostCrash);
    world.operations.Restart();
  };
  World counted;
  crashed(counted);
  REQUIRE(counted.RecoverAll());
  const int operations = counted.operations.count();
  for (int n = 1; n <= operations; ++n) {
    CAPTURE(n);
    World world;
    crashed(world);
    world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = Fault::Done::kHalf});
    CHECK_THROWS_AS(static_cast<void>(world.RecoverAll()), HostCrash);
    world.operations.Disarm();
    REQUIRE(world.RecoverAll());
    CHECK(Differing(old_values, world.tree.Values()).empty());
  }
}

TEST_CASE("power loss: what was not synced is gone, the journals that stay are closed") {
  World counted;
  REQUIRE(counted.ApplyProfile(kProfile));
  const int operations = counted.operations.count();
  for (int n = 1; n <= operations; ++n) {
    for (const CrashKind kind : kAllCrashKinds) {
      CAPTURE(n);
      CAPTURE(static_cast<int>(kind));
      World world;
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = Fault::Done::kAll});
      CHECK_THROWS_AS(static_cast<void>(world.ApplyProfile(kProfile)), HostCrash);
      world.operations.Disarm();
      world.files.Crash(kind);
      world.tree = FakeTree::LikeLinux();  // the values of the boot
      world.info.boot_id = kBootB;
      world.clock.Reboot();
      REQUIRE(world.RecoverAll());
      CHECK(world.tree.writes().empty());
      CheckNoTempFiles(world);
      TuneHost host = world.Host();
      const auto history = ReadHistory(host);
      REQUIRE(history);
      CHECK(history->damaged.empty());
      CHECK(history->Unfinished(world.info) == nullptr);
      // And the next apply finds nothing in its way.
      const auto next = world.ApplyProfile(kProfile);
      REQUIRE(next);
      CHECK(next->outcome == ApplyReport::Outcome::kApplied);
    }
  }
}

}  // namespace
}  // namespace tunewire
