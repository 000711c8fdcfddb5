// What an administrator sees of transactions: applied, taken back, switched, confirmed, refused.
#include <doctest/doctest.h>

#include "tune/journal.h"
#include "unit/tune/world.h"

namespace tunewire {
namespace {

using Outcome = ApplyReport::Outcome;
using Names = std::vector<std::string>;

const ComposedProfile kWeb = Wants("web", {{"net.core.somaxconn", "8192"},
                                           {"net.ipv4.tcp_rmem", "keep keep >=16777216"},
                                           {"net.ipv4.ip_local_port_range", "1024 65535"}});

TEST_CASE("apply writes each key once and nothing else, and rollback gives every value back") {
  World world;
  const auto before = world.tree.Values();
  const auto report = world.ApplyProfile(kWeb);
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kApplied);
  CHECK(report->saved == 3);
  CHECK(world.tree.writes() == Names{"net.core.somaxconn=8192",
                                     "net.ipv4.tcp_rmem=4096 131072 16777216",
                                     "net.ipv4.ip_local_port_range=1024 65535"});
  CHECK(world.tree.Raw("net.ipv4.tcp_rmem") == "4096\t131072\t16777216\n");

  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kRestored);
  CHECK(undone->restored.size() == 3);
  CHECK(world.tree.Values() == before);
  CHECK(world.StateOf(report->tx) == TxState::kRolledBack);
}

TEST_CASE("applying twice writes nothing the second time") {
  World world;
  REQUIRE(world.ApplyProfile(kWeb));
  const auto writes = world.tree.writes().size();
  const auto disk = world.files.Contents();
  const auto again = world.ApplyProfile(kWeb);
  REQUIRE(again);
  CHECK(again->outcome == Outcome::kNothingToDo);
  CHECK(world.tree.writes().size() == writes);
  CHECK(world.files.Contents() == disk);
}

TEST_CASE("the journal is on disk before the first write") {
  World world;
  REQUIRE(world.ApplyProfile(kWeb));
  bool synced = false;
  for (const auto& operation : world.operations.log()) {
    if (operation.name == "write") CHECK(synced);
    if (operation.name == "fsync" && operation.subject == "/var/lib/tunewire/tx") synced = true;
  }
}

TEST_CASE("a write that the kernel refuses after changing half of the key is undone") {
  World world;
  const auto before = world.tree.Values();
  Plan plan = world.PlanOf(kWeb);
  plan.changes[1].after = {"8192", "262144", "99999999999"};
  TuneHost host = world.Host();
  const auto report = Apply(world.lock, host, plan, {});
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kRestored);
  CHECK(report->not_restored.empty());
  REQUIRE(report->cause);
  CHECK(report->cause->subject == "net.ipv4.tcp_rmem");
  CHECK(world.tree.Values() == before);
}

TEST_CASE("a foreign change between plan and apply stops the apply and is kept") {
  World world;
  const Plan plan = world.PlanOf(kWeb);
  world.tree.Put("net.ipv4.ip_local_port_range", {"20000", "30000"});
  TuneHost host = world.Host();
  const auto report = Apply(world.lock, host, plan, {});
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kRestored);
  CHECK(report->cause->code == "changed_meanwhile");
  CHECK(world.tree.Raw("net.core.somaxconn") == "4096\n");
  CHECK(world.tree.Raw("net.ipv4.ip_local_port_range") == "20000\t30000\n");
}

TEST_CASE("rollback keeps what somebody else changed since, unless forced") {
  World world;
  REQUIRE(world.ApplyProfile(kWeb));
  world.tree.Put("net.core.somaxconn", {"999"});
  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kKeptForeign);
  REQUIRE(undone->kept_foreign.size() == 1);
  CHECK(undone->kept_foreign[0].wanted == "8192");
  CHECK(undone->kept_foreign[0].stored == "999");
  CHECK(world.tree.Raw("net.core.somaxconn") == "999\n");
  CHECK(world.tree.Raw("net.ipv4.ip_local_port_range") == "32768\t60999\n");

  TuneHost host = world.Host();
  const auto history = ReadHistory(host);
  const auto forced = Rollback(world.lock, host, history->transactions.back(), Force::kYes);
  REQUIRE(forced);
  CHECK(forced->outcome == UndoReport::Outcome::kRestored);
  CHECK(world.tree.Raw("net.core.somaxconn") == "4096\n");
}

TEST_CASE("where a rollback is refused the host stays as the profile says") {
  World world;
  REQUIRE(world.ApplyProfile(kWeb));
  const auto in_force = world.tree.Values();
  world.tree.At("net.core.somaxconn").refuse_with = 1;  // EPERM
  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kStillInForce);
  CHECK(NamesOf(undone->not_restored) == Names{"net.core.somaxconn"});
  CHECK(world.tree.Values() == in_force);

  const auto forced = world.RollbackTop(Force::kYes);
  REQUIRE(forced);
  CHECK(forced->outcome == UndoReport::Outcome::kNotRestored);
  CHECK(world.tree.Raw("net.ipv4.ip_local_port_range") == "32768\t60999\n");
}

TEST_CASE("switching profiles is one diff: shared keys are not touched, the others go back") {
  World world;
  const auto before = world.tree.Values();
  REQUIRE(world.ApplyProfile(kWeb));
  const auto other =
      Wants("other", {{"net.core.somaxconn", "8192"}, {"net.ipv4.tcp_fin_timeout", "20"}});
  const std::size_t writes = world.tree.writes().size();
  const auto report = world.ApplyProfile(other);
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kApplied);
  CHECK(world.tree.Raw("net.ipv4.ip_local_port_range") == "32768\t60999\n");
  CHECK(world.tree.Raw("net.ipv4.tcp_fin_timeout") == "20\n");
  CHECK(world.tree.writes().size() == writes + 3);

  SUBCASE("rollback returns to the profile before") {
    REQUIRE(world.RollbackTop());
    CHECK(world.tree.Raw("net.core.somaxconn") == "8192\n");
    CHECK(world.tree.Raw("net.ipv4.ip_local_port_range") == "1024\t65535\n");
    REQUIRE(world.RollbackTop());
    CHECK(world.tree.Values() == before);
  }
  SUBCASE("a third profile still knows the first values") {
    REQUIRE(world.ApplyProfile(Wants("third", {{"net.ipv4.tcp_syncookies", "1"}})));
    CHECK(world.tree.Values() == before);
  }
}

TEST_CASE("keys that the kernel changes along are recorded and come back") {
  World world;
  world.tree.Put("net.ipv4.conf.lo.forwarding", {"1"});
  world.tree.Put("net.ipv4.ip_forward", {"0"});
  const auto before = world.tree.Values();
  const auto report = world.ApplyProfile(Wants("router", {{"net.ipv4.ip_forward", "1"}}));
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kApplied);
  CHECK(world.tree.Raw("net.ipv4.conf.default.forwarding") == "1\n");
  REQUIRE(world.RollbackTop());
  CHECK(world.tree.Values() == before);
}

TEST_CASE("a profile's own value beats what the kernel changes along") {
  World world;
  const auto report = world.ApplyProfile(
      Wants("router", {{"net.ipv4.conf.lo.forwarding", "0"}, {"net.ipv4.ip_forward", "1"}}));
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kApplied);
  CHECK(world.tree.Raw("net.ipv4.conf.lo.forwarding") == "0\n");
  CHECK(world.tree.Raw("net.ipv4.ip_forward") == "1\n");
}

TEST_CASE("an interrupt between two keys restores the first") {
  World world;
  const auto before = world.tree.Values();
  TuneHost host = world.Host();
  int asked = 0;
  host.interrupted = [&] { return ++asked > 2; };
  const auto report = Apply(world.lock, host, world.PlanOf(kWeb), {});
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kInterruptedRestored);
  CHECK(world.tree.Values() == before);
}

TEST_CASE("confirm in time keeps, the deadline puts back, too late says so") {
  World world;
  const auto before = world.tree.Values();
  ApplyOptions options{.confirm_within = std::chrono::seconds(60)};
  std::string armed_with;
  options.arm_deadline = [&](const std::string& tx) -> Status {
    armed_with = tx;
    CHECK(world.tree.writes().empty());
    return {};
  };
  const auto report = world.ApplyProfile(kWeb, options);
  REQUIRE(report);
  CHECK(report->outcome == Outcome::kPendingConfirm);
  CHECK(armed_with == report->tx);
  TuneHost host = world.Host();

  SUBCASE("in time") {
    world.clock.Advance(std::chrono::seconds(59));
    const auto confirmed = Confirm(world.lock, host, "");
    REQUIRE(confirmed);
    world.clock.Advance(std::chrono::seconds(600));
    CHECK(world.RecoverAll()->empty());
    CHECK(world.StateOf(report->tx) == TxState::kCommitted);
  }
  SUBCASE("nobody came") {
    world.clock.Advance(std::chrono::seconds(60));
    const auto recovered = world.RecoverAll();
    REQUIRE(recovered);
    CHECK(recovered->size() == 1);
    CHECK(world.tree.Values() == before);
    const auto late = Confirm(world.lock, host, report->tx);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "too_late");
  }
  SUBCASE("too late, and the guard never ran") {
    world.clock.Advance(std::chrono::seconds(61));
    const auto late = Confirm(world.lock, host, "");
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == ErrorKind::kConflict);
    CHECK(world.tree.Values() == before);
  }
  SUBCASE("another apply has to wait") {
    const auto second = world.ApplyProfile(Wants("x", {{"net.core.somaxconn", "1"}}));
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::kBusy);
  }
}

TEST_CASE("a deadline that cannot be armed leaves the host untouched") {
  World world;
  ApplyOptions options{.confirm_within = std::chrono::seconds(60)};
  options.arm_deadline = [](const std::string&) -> Status {
    return Fail({.kind = ErrorKind::kIo, .code = "no_timer", .message = "no timer"});
  };
  const auto report = world.ApplyProfile(kWeb, options);
  REQUIRE_FALSE(report);
  CHECK(report.error().code == "no_timer");
  CHECK(world.tree.writes().empty());
  CHECK(world.RecoverAll()->empty());
}

TEST_CASE("refusals come before anything is written") {
  World world;
  const auto refused = [&](const ComposedProfile& profile) {
    const auto report = world.ApplyProfile(profile);
    REQUIRE_FALSE(report);
    CHECK(world.tree.writes().empty());
    CHECK(world.files.Contents().empty());
    return report.error();
  };
  SUBCASE("missing") {
    const Error error = refused(Wants("w", {{"net.ipv4.tcp_tw_recycle", "0"}}));
    CHECK(error.kind == ErrorKind::kUnsupported);
    CHECK(error.code == "missing_key");
    CHECK(error.message.find("4.12") != std::string::npos);
  }
  SUBCASE("read-only") {
    CHECK(refused(Wants("w", {{"net.core.rmem_max", "1048576"}})).code == "read_only");
  }
  SUBCASE("not permitted") {
    world.tree.At("net.core.somaxconn").access = KeyState::Access::kNotPermitted;
    CHECK(refused(kWeb).kind == ErrorKind::kNotPermitted);
  }
  SUBCASE("read-only mount") {
    world.tree.At("net.core.somaxconn").access = KeyState::Access::kReadOnlyMount;
    CHECK(refused(kWeb).kind == ErrorKind::kUnsupported);
  }
  SUBCASE("skipped on request") {
    const auto report = world.ApplyProfile(
        Wants("w", {{"net.ipv4.tcp_tw_recycle", "0"}, {"net.core.somaxconn", "8192"}}),
        {.skip_missing = true});
    REQUIRE(report);
    CHECK(report->outcome == Outcome::kApplied);
    TuneHost host = world.Host();
    const auto history = ReadHistory(host);
    const Tx* tx = history->InForceHere(world.info);
    REQUIRE(tx != nullptr);
    const auto profile = ProfileOf(*tx);
    const auto verify =
        Verify(Decide(profile, TakeSnapshot(profile, {}, world.tree), {}, world.info), tx);
    CHECK(verify.drift.empty());
    CHECK(verify.skipped == 1);
    CHECK(verify.ok == 1);
  }
}

TEST_CASE("another namespace's transaction is left alone") {
  World world;
  REQUIRE(world.ApplyProfile(kWeb));
  TuneHost host = world.Host();
  const auto history = ReadHistory(host);
  host.info.netns_inode = 4026531999;
  CHECK(history->InForceHere(host.info) == nullptr);
  const auto undone = Rollback(world.lock, host, history->transactions[0], Force::kNo);
  REQUIRE_FALSE(undone);
  CHECK(undone.error().code == "other_namespace");
}

TEST_CASE("after a reboot a transaction is no longer in force, a pending one is closed") {
  World world;
  const auto report = world.ApplyProfile(kWeb, {.confirm_within = std::chrono::seconds(60)});
  REQUIRE(report);
  world.info.boot_id = kBootB;
  world.clock.Reboot();
  const auto writes = world.tree.writes().size();
  const auto recovered = world.RecoverAll();
  REQUIRE(recovered);
  REQUIRE(recovered->size() == 1);
  CHECK(world.tree.writes().size() == writes);
  CHECK(world.StateOf(report->tx) == TxState::kRestored);
}

TEST_CASE("a full disk refuses the apply before it starts and cannot stop a rollback") {
  World world;
  world.files.LimitDisk(100);
  const auto refused = world.ApplyProfile(kWeb);
  REQUIRE_FALSE(refused);
  CHECK(world.tree.writes().empty());
  CHECK(world.files.Contents().empty());

  world.files.LimitDisk(1 << 20);
  REQUIRE(world.ApplyProfile(kWeb));
  world.files.LimitDisk(0);
  const auto undone = world.RollbackTop();
  REQUIRE(undone);
  CHECK(undone->outcome == UndoReport::Outcome::kRestored);
}

TEST_CASE("a damaged journal stands in the way of the next apply") {
  World world;
  const auto report = world.ApplyProfile(kWeb);
  REQUIRE(report);
  world.files.Put(report->journal, "tunewire-journal 1 9 00000000\n{");
  const auto next = world.ApplyProfile(Wants("x", {{"net.core.somaxconn", "1"}}));
  REQUIRE_FALSE(next);
  CHECK(next.error().code == "damaged_journal");
  CHECK(world.tree.Raw("net.core.somaxconn") == "8192\n");
}

TEST_CASE("a journal reaches only what this program could have written") {
  World world;
  world.files.Put("/etc/victim", "mine");
  Tx tx{.id = "abc123", .sequence = 1, .profile = "x", .boot_id = kBootA};
  tx.netns_inode = world.info.netns_inode;
  tx.items = {{.kind = ItemKind::kFile, .name = "/etc/victim", .before_raw = "4755 0 0\nevil"},
              {.name = "kernel.core_pattern", .before_raw = "|/tmp/evil"}};
  auto journal = JournalWriter::Create(world.files, "/var/lib/tunewire", tx);
  REQUIRE(journal);
  REQUIRE(journal->Begun(0));
  REQUIRE(journal->Begun(1));
  REQUIRE(world.RecoverAll());
  CHECK(world.files.Read("/etc/victim", 100)->bytes == "mine");
  CHECK(world.tree.writes().empty());
}

TEST_CASE("what could not be put back is tried again by recover") {
  World world;
  const auto before = world.tree.Values();
  const auto report = world.ApplyProfile(kWeb, {.confirm_within = std::chrono::seconds(5)});
  REQUIRE(report);
  world.tree.At("net.core.somaxconn").refuse_with = 1;
  world.clock.Advance(std::chrono::seconds(6));
  REQUIRE(world.RecoverAll());
  CHECK(world.StateOf(report->tx) == TxState::kNotRestored);
  world.tree.At("net.core.somaxconn").refuse_with = 0;
  REQUIRE(world.RecoverAll());
  CHECK(world.tree.Values() == before);
  CHECK(world.StateOf(report->tx) == TxState::kRestored);
}

TEST_CASE("verify names what drifted and since when") {
  World world;
  const auto report = world.ApplyProfile(kWeb);
  world.tree.Put("net.core.somaxconn", {"128"});
  TuneHost host = world.Host();
  const auto history = ReadHistory(host);
  const Tx* tx = history->InForceHere(world.info);
  const auto profile = ProfileOf(*tx);
  const auto verify =
      Verify(Decide(profile, TakeSnapshot(profile, {}, world.tree), {}, world.info), tx);
  CHECK(verify.ok == 2);
  REQUIRE(verify.drift.size() == 1);
  CHECK(verify.drift[0].key.name() == "net.core.somaxconn");
  CHECK(verify.drift[0].want == "8192");
  CHECK(verify.drift[0].is == "128");
  REQUIRE(verify.drift[0].origin);
  CHECK(verify.drift[0].origin->file == "web.json");
  CHECK(verify.drift[0].origin->line == 7);
  CHECK(verify.drift[0].reason.find(report->tx) != std::string::npos);
}

}  // namespace
}  // namespace tunewire
