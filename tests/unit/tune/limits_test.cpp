// Limits of logins, services and running processes, and the files of the next boot, go through the
// same transaction as keys.
#include "tunewire/tune/limits.h"

#include <doctest/doctest.h>

#include "tune/unit_limits.h"
#include "unit/tune/world.h"

namespace tunewire {
namespace {

using Outcome = ApplyReport::Outcome;
using Contents = std::map<std::string, std::string>;

constexpr const char* kLogins = "/etc/security/limits.d/60-tunewire-web.conf";
constexpr const char* kNginx = "/etc/systemd/system/nginx.service.d/60-tunewire.conf";
constexpr const char* kKeys = "/etc/sysctl.d/60-tunewire-web.conf";

LimitSetting Nofile(LimitTarget target, std::string subject, std::uint64_t amount) {
  return {.item = "nofile",
          .target = target,
          .subject = std::move(subject),
          .soft = amount,
          .hard = amount,
          .origin = {.file = "web.json", .line = 9, .column = 3}};
}

ComposedProfile Web() {
  ComposedProfile profile = Wants("web", {{"net.core.somaxconn", "8192"}});
  profile.limits = {Nofile(LimitTarget::kLogins, "*", 65536),
                    Nofile(LimitTarget::kServices, "nginx.service", 65536),
                    Nofile(LimitTarget::kRunning, "nginx", 65536)};
  return profile;
}

struct LimitWorld : World {
  LimitWorld() {
    tree.AddInteger("fs.nr_open", 1048576, 8, 2147483647);
    files.Put("/etc/security/limits.conf", "# nothing\n");
    files.Put("/lib/systemd/system/nginx.service", "[Service]\nExecStart=/usr/sbin/nginx\n");
    nginx = processes.Start("nginx", "nginx.service");
    processes.Put(nginx.pid, "nofile", {.soft = 1024, .hard = 524288});
  }

  Plan PlanWith(const ComposedProfile& profile, Persist persist) {
    TuneHost host = Host();
    const auto history = ReadHistory(host);
    const InForce in_force = DescribeInForce(history ? history->InForceHere(info) : nullptr);
    Plan plan = Decide(profile, TakeSnapshot(profile, in_force, tree), in_force, info);
    const FilePlace place{.root = "", .persist = persist};
    DecideLimits(plan,
                 ReadLimitFacts(profile, in_force, place, faulty_tree, faulty_files, processes),
                 in_force, place);
    return plan;
  }

  Result<ApplyReport> ApplyWith(const ComposedProfile& profile, Persist persist,
                                const ApplyOptions& options = {}) {
    const Plan plan = PlanWith(profile, persist);
    TuneHost host = Host();
    return Apply(lock, host, plan, options);
  }

  Contents Etc() const {
    Contents etc = files.Contents();
    std::erase_if(etc, [](const auto& entry) { return entry.first.starts_with("/var/"); });
    return etc;
  }

  ProcessId nginx;
};

TEST_CASE("limits reach logins, services and running processes, and all come back") {
  LimitWorld world;
  const Contents before = world.Etc();
  const auto report = world.ApplyWith(Web(), Persist::kNo);
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kApplied);
  const Contents etc = world.Etc();
  REQUIRE(etc.contains(kLogins));
  CHECK(etc.at(kLogins).find("* soft nofile 65536\n* hard nofile 65536\n") != std::string::npos);
  REQUIRE(etc.contains(kNginx));
  CHECK(etc.at(kNginx).find("[Service]\nLimitNOFILE=65536:65536\n") != std::string::npos);
  CHECK_FALSE(etc.contains(kKeys));
  CHECK(*world.processes.GetLimits(world.nginx, "nofile") == Limits{65536, 65536});
  CHECK(world.files.Read(kLogins, 4096)->mode == 0644);

  const auto again = world.ApplyWith(Web(), Persist::kNo);
  REQUIRE(again);
  CHECK(again->outcome == Outcome::kNothingToDo);

  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kRestored);
  CHECK(world.Etc() == before);
  CHECK(*world.processes.GetLimits(world.nginx, "nofile") == Limits{1024, 524288});
}

TEST_CASE("a folder that was made for a file goes with it, one that others use stays") {
  LimitWorld world;
  REQUIRE(world.ApplyWith(Web(), Persist::kNo));
  SUBCASE("empty") {
    REQUIRE(world.RollbackTop());
    CHECK_FALSE(world.files.Read("/etc/systemd", 1));
    CHECK(world.files.Read("/etc/systemd", 1).error().kind == ErrorKind::kNotFound);
  }
  SUBCASE("used") {
    world.files.Put("/etc/systemd/system/nginx.service.d/99-mine.conf", "[Service]\n");
    CHECK(world.RollbackTop()->outcome == UndoReport::Outcome::kRestored);
    CHECK(world.files.Read("/etc/systemd/system/nginx.service.d/99-mine.conf", 100));
  }
}

TEST_CASE("persisted keys are written with the rest, and restored byte for byte") {
  LimitWorld world;
  world.files.Put(kKeys, "# by hand\nnet.core.somaxconn = 1\n", 0600, 7);
  const Contents before = world.Etc();
  REQUIRE(world.ApplyWith(Web(), Persist::kYes));
  CHECK(world.Etc().at(kKeys).find("net.core.somaxconn = 8192\n") != std::string::npos);
  REQUIRE(world.RollbackTop());
  CHECK(world.Etc() == before);
  const auto restored = world.files.Read(kKeys, 4096);
  CHECK(restored->mode == 0600);
  CHECK(restored->uid == 7);
}

TEST_CASE("with --confirm the files wait for the confirmation") {
  LimitWorld world;
  const Contents before = world.Etc();
  const auto report =
      world.ApplyWith(Web(), Persist::kYes, {.confirm_within = std::chrono::seconds(60)});
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kPendingConfirm);
  CHECK(report->waiting.size() == 3);
  CHECK(world.Etc() == before);
  CHECK(world.processes.GetLimits(world.nginx, "nofile")->soft == 65536);
  TuneHost host = world.Host();
  SUBCASE("confirmed") {
    REQUIRE(Confirm(world.lock, host, ""));
    CHECK(world.Etc().contains(kKeys));
    CHECK(world.Etc().contains(kNginx));
    REQUIRE(world.RollbackTop());
    CHECK(world.Etc() == before);
  }
  SUBCASE("not confirmed") {
    world.clock.Advance(std::chrono::seconds(61));
    REQUIRE(world.RecoverAll());
    CHECK(world.Etc() == before);
    CHECK(world.processes.GetLimits(world.nginx, "nofile")->soft == 1024);
  }
  SUBCASE("a file that cannot be written leaves it waiting") {
    world.files.Put("/etc/systemd/system", "a file where a folder should be");
    CHECK_FALSE(Confirm(world.lock, host, ""));
    CHECK(world.StateOf(report->tx) == TxState::kPending);
    CHECK_FALSE(world.Etc().contains(kKeys));
  }
}

TEST_CASE("a confirmation that dies half-way is put back whole at the deadline") {
  LimitWorld counted;
  const Contents before = counted.Etc();
  const ApplyOptions options{.confirm_within = std::chrono::seconds(60)};
  REQUIRE(counted.ApplyWith(Web(), Persist::kYes, options));
  counted.operations.Restart();
  TuneHost counted_host = counted.Host();
  REQUIRE(Confirm(counted.lock, counted_host, ""));
  const Contents asked = counted.Etc();
  for (int n = 1; n <= counted.operations.count(); ++n) {
    for (const auto done : {Fault::Done::kNothing, Fault::Done::kAll}) {
      CAPTURE(n);
      LimitWorld world;
      REQUIRE(world.ApplyWith(Web(), Persist::kYes, options));
      world.operations.Restart();
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = done});
      TuneHost host = world.Host();
      CHECK_THROWS_AS(static_cast<void>(Confirm(world.lock, host, "")), HostCrash);
      world.operations.Disarm();
      world.clock.Advance(std::chrono::seconds(61));
      REQUIRE(world.RecoverAll());
      const bool old = world.Etc() == before;
      CHECK((old || world.Etc() == asked));
      CHECK(world.tree.Raw("net.core.somaxconn") == (old ? "4096\n" : "8192\n"));
    }
  }
}

TEST_CASE("after a reboot a rollback takes the files back and leaves live values alone") {
  LimitWorld world;
  const Contents before = world.Etc();
  REQUIRE(world.ApplyWith(Web(), Persist::kYes));
  world.info.boot_id = kBootB;
  world.clock.Reboot();
  const auto writes = world.tree.writes().size();
  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kRestored);
  CHECK(world.Etc() == before);
  CHECK(world.tree.writes().size() == writes);
}

TEST_CASE("nofile above fs.nr_open is refused, unless the plan raises it first") {
  LimitWorld world;
  ComposedProfile profile = Wants("web", {});
  profile.limits = {Nofile(LimitTarget::kLogins, "*", 2000000)};
  const auto refused = world.ApplyWith(profile, Persist::kNo);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "invalid_limit");
  CHECK(refused.error().message.find("fs.nr_open (1048576)") != std::string::npos);

  profile.settings = Wants("web", {{"fs.nr_open", ">=2000000"}}).settings;
  const auto applied = world.ApplyWith(profile, Persist::kNo);
  REQUIRE(applied);
  CHECK(applied->outcome == Outcome::kApplied);
}

TEST_CASE("a process that ends between plan and apply, or before the rollback, is no failure") {
  LimitWorld world;
  SUBCASE("before the apply") {
    const Plan plan = world.PlanWith(Web(), Persist::kNo);
    world.processes.End(world.nginx.pid);
    TuneHost host = world.Host();
    const auto report = Apply(world.lock, host, plan, {});
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kApplied);
  }
  SUBCASE("before the rollback, its number given to another") {
    REQUIRE(world.ApplyWith(Web(), Persist::kNo));
    world.processes.End(world.nginx.pid);
    const ProcessId other = world.processes.StartAs(world.nginx.pid, "other");
    world.processes.Put(other.pid, "nofile", {.soft = 7, .hard = 7});
    CHECK(world.RollbackTop()->outcome == UndoReport::Outcome::kRestored);
    CHECK(world.processes.GetLimits(other, "nofile")->soft == 7);
  }
}

TEST_CASE("a foreign change of a file or a limit is kept") {
  LimitWorld world;
  REQUIRE(world.ApplyWith(Web(), Persist::kNo));
  world.files.Put(kLogins, "# mine now\n");
  world.processes.Put(world.nginx.pid, "nofile", {.soft = 5, .hard = 524288});
  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kKeptForeign);
  CHECK(undone->kept_foreign.size() == 2);
  CHECK(world.files.Read(kLogins, 100)->bytes == "# mine now\n");
}

TEST_CASE("switching profiles gives limits and files back in the same step") {
  LimitWorld world;
  const Contents before = world.Etc();
  REQUIRE(world.ApplyWith(Web(), Persist::kYes));
  SUBCASE("to a profile without limits, persisted") {
    REQUIRE(world.ApplyWith(Wants("plain", {{"net.core.somaxconn", "100"}}), Persist::kYes));
    CHECK_FALSE(world.Etc().contains(kLogins));
    CHECK_FALSE(world.Etc().contains(kNginx));
    CHECK_FALSE(world.Etc().contains(kKeys));
    CHECK(world.Etc().contains("/etc/sysctl.d/60-tunewire-plain.conf"));
    CHECK(world.processes.GetLimits(world.nginx, "nofile")->soft == 1024);
  }
  SUBCASE("to one that is only for now: the next boot keeps the persisted one") {
    REQUIRE(world.ApplyWith(Wants("plain", {{"net.core.somaxconn", "100"}}), Persist::kNo));
    CHECK(world.Etc().contains(kKeys));
    CHECK_FALSE(world.Etc().contains(kLogins));
    REQUIRE(world.RollbackTop());
    CHECK(world.Etc().contains(kLogins));
    REQUIRE(world.RollbackTop());
    CHECK(world.Etc() == before);
  }
}

TEST_CASE("what sets a limit now is read as PAM and systemd read it") {
  LimitWorld world;
  world.files.Put("/etc/security/limits.conf", "* - nofile 100\n* hard nofile 200\n");
  world.files.Put("/etc/security/limits.d/90-x.conf", "# x\n* soft nofile 150\nroot - nofile 9\n");
  world.files.Put("/etc/systemd/system/nginx.service.d/50-a.conf",
                  "[Unit]\nLimitNOFILE=1\n[Service]\nLimitNOFILE=4K:8K\n");
  world.files.Put("/usr/lib/systemd/system/nginx.service.d/50-a.conf",
                  "[Service]\nLimitNOFILE=7\n");
  const Plan plan = world.PlanWith(Web(), Persist::kNo);
  REQUIRE(plan.limit_changes.size() == 3);
  CHECK(plan.limit_changes[0].soft == 150);
  CHECK(plan.limit_changes[0].hard == 200);
  CHECK(plan.limit_changes[0].source == "/etc/security/limits.d/90-x.conf:2");
  CHECK(plan.limit_changes[1].soft == 4096);
  CHECK(plan.limit_changes[1].hard == 8192);
  CHECK(plan.limit_changes[1].source == "/etc/systemd/system/nginx.service.d/50-a.conf:4");
  CHECK(plan.limit_changes[2].source == "pid 100");
}

TEST_CASE("limits in units that limits.conf counts in KiB, and nice") {
  LimitWorld world;
  ComposedProfile profile = Wants("web", {});
  profile.limits = {{.item = "memlock", .subject = "@web", .soft = 65536, .hard = kUnlimited},
                    {.item = "nice", .subject = "bob", .soft = 25, .hard = 25}};
  REQUIRE(world.ApplyWith(profile, Persist::kNo));
  const std::string text = world.Etc().at(kLogins);
  CHECK(text.find("@web soft memlock 64\n@web hard memlock unlimited\n") != std::string::npos);
  CHECK(text.find("bob hard nice -5\n") != std::string::npos);
}

TEST_CASE("unit files: sections, comments, continuations, odd amounts") {
  const auto lines = ParseUnitLimits(
      "LimitNOFILE=1\n[Service]\n# LimitNOFILE=2\nExecStart=a \\\n  LimitNOFILE=3\n"
      "LimitNOFILE = 4:infinity\nLimitCPU=1min\n; x\nLimitMEMLOCK=2M\n");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].soft == 4);
  CHECK(lines[0].hard == kUnlimited);
  CHECK(lines[0].line == 6);
  CHECK_FALSE(lines[1].soft);
  CHECK(lines[2].soft == 2097152);
}

TEST_CASE("fault and crash sweep with limits and files: before, as asked, or named") {
  LimitWorld counted;
  const Contents before = counted.Etc();
  counted.operations.Restart();
  REQUIRE(counted.ApplyWith(Web(), Persist::kYes));
  const Contents asked = counted.Etc();
  const auto log = counted.operations.log();
  for (int n = 1; n <= static_cast<int>(log.size()); ++n) {
    CAPTURE(n);
    CAPTURE(log[static_cast<std::size_t>(n - 1)].name);
    CAPTURE(log[static_cast<std::size_t>(n - 1)].subject);
    for (const int os_error : PlausibleErrors(log[static_cast<std::size_t>(n - 1)].name)) {
      CAPTURE(os_error);
      LimitWorld world;
      world.operations.Arm(n, {.os_error = os_error});
      const auto report = world.ApplyWith(Web(), Persist::kYes);
      world.operations.Disarm();
      const bool applied = report && report->outcome == Outcome::kApplied;
      if (!applied && (!report || report->outcome == Outcome::kRestored))
        CHECK(world.Etc() == before);
      if (!applied) {
        REQUIRE(world.RecoverAll());
        CHECK(world.processes.GetLimits(world.nginx, "nofile")->soft == 1024);
      }
    }
    for (const auto done : {Fault::Done::kNothing, Fault::Done::kAll}) {
      LimitWorld world;
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = done});
      CHECK_THROWS_AS(static_cast<void>(world.ApplyWith(Web(), Persist::kYes)), HostCrash);
      world.operations.Disarm();
      REQUIRE(world.RecoverAll());
      const bool old = world.Etc() == before;
      CHECK((old || world.Etc() == asked));
      CHECK(world.tree.Raw("net.core.somaxconn") == (old ? "4096\n" : "8192\n"));
    }
    for (const CrashKind kind : kAllCrashKinds) {
      CAPTURE(static_cast<int>(kind));
      LimitWorld world;
      world.operations.Arm(n, {.then = Fault::Then::kCrash, .done = Fault::Done::kAll});
      CHECK_THROWS_AS(static_cast<void>(world.ApplyWith(Web(), Persist::kYes)), HostCrash);
      world.operations.Disarm();
      world.files.Crash(kind);
      world.info.boot_id = kBootB;
      world.clock.Reboot();
      REQUIRE(world.RecoverAll());
      const Contents etc = world.Etc();
      CHECK((etc == before || etc == asked));
    }
  }
}

}  // namespace
}  // namespace tunewire
