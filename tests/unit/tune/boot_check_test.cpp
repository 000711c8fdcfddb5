#include "tunewire/tune/boot_check.h"

#include <doctest/doctest.h>

#include "tune/file_item.h"
#include "unit/tune/world.h"

namespace tunewire {
namespace {

using Verdict = BootOutcome::Verdict;

Plan PlanFor(World& world, const ComposedProfile& profile, const std::string& text) {
  Plan plan = Decide(profile, TakeSnapshot(profile, {}, world.tree), {}, world.info);
  if (text.empty()) return plan;
  plan.files.push_back(
      {.path = "/etc/sysctl.d/60-tunewire-web.conf", .status = ChangeStatus::kSet});
  plan.files.back().after_raw = FileState({.bytes = text, .mode = 0644});
  return plan;
}

const ComposedProfile kWeb = Wants("web", {{"net.core.somaxconn", ">=8192"}});

TEST_CASE("a key that only our file sets is kept by both loaders") {
  World world;
  const auto report = CheckBoot(PlanFor(world, kWeb, "net.core.somaxconn = 8192\n"), {});
  REQUIRE(report.outcomes.size() == 2);
  CHECK(report.persisted);
  CHECK_FALSE(report.HasLoss());
  for (const BootOutcome& outcome : report.outcomes) {
    CHECK(outcome.verdict == Verdict::kKept);
    CHECK(outcome.winner.file == "/etc/sysctl.d/60-tunewire-web.conf");
    CHECK(outcome.winner.line == 1);
  }
}

TEST_CASE("a later file wins, and is named with its line; ours is among the losers") {
  World world;
  BootFiles files;
  files.sysctl_d = {{.folder = "/etc/sysctl.d",
                     .name = "99-x.conf",
                     .bytes = "# x\nnet.core.somaxconn = 1000\n"}};
  const auto report = CheckBoot(PlanFor(world, kWeb, "net.core.somaxconn = 8192\n"), files);
  CHECK(report.HasLoss());
  for (const BootOutcome& outcome : report.outcomes) {
    CHECK(outcome.verdict == Verdict::kLost);
    CHECK(outcome.value == "1000");
    CHECK(outcome.winner == FileLine{"/etc/sysctl.d/99-x.conf", 2});
    REQUIRE(outcome.losers.size() == 1);
    CHECK(outcome.losers[0].at.file == "/etc/sysctl.d/60-tunewire-web.conf");
  }
}

TEST_CASE("a higher value than the floor is no loss") {
  World world;
  BootFiles files;
  files.sysctl_d = {
      {.folder = "/etc/sysctl.d", .name = "99-x.conf", .bytes = "net.core.somaxconn=65535\n"}};
  CHECK_FALSE(CheckBoot(PlanFor(world, kWeb, "net.core.somaxconn = 8192\n"), files).HasLoss());
}

TEST_CASE("sysctl.conf is read last by procps alone, and the two loaders disagree") {
  World world;
  BootFiles files;
  files.sysctl_conf =
      BootFile{.folder = "/etc", .name = "sysctl.conf", .bytes = "net.core.somaxconn = 1\n"};
  const auto report = CheckBoot(PlanFor(world, kWeb, "net.core.somaxconn = 8192\n"), files);
  CHECK(report.HasLoss());
  CHECK(report.disagreements == std::vector<std::string>{"net.core.somaxconn"});
  CHECK(report.outcomes[0].verdict == Verdict::kKept);
  CHECK(report.outcomes[1].verdict == Verdict::kLost);
}

TEST_CASE("what is not persisted is not set at boot, and no loss") {
  World world;
  const auto report = CheckBoot(PlanFor(world, kWeb, ""), {});
  CHECK_FALSE(report.persisted);
  CHECK_FALSE(report.HasLoss());
  CHECK(report.outcomes[0].verdict == Verdict::kNotSet);
}

}  // namespace
}  // namespace tunewire
