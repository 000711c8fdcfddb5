#include "tunewire/tune/effect.h"

#include <doctest/doctest.h>

#include "unit/tune/world.h"

namespace tunewire {
namespace {

using Kind = NotInEffect::Kind;

struct EffectWorld : World {
  EffectWorld() {
    nginx = {.id = {.pid = 812, .start_ticks = 5},
             .command = "nginx",
             .executable = "nginx",
             .unit = "nginx.service"};
    facts.processes = {nginx};
    facts.owners.by_inode[77] = {nginx.id};
  }

  void Listen(std::uint32_t backlog) {
    facts.listeners = {{.address = "0.0.0.0",
                        .port = 80,
                        .backlog = backlog,
                        .inode = 77,
                        .congestion_control = "cubic"}};
  }

  std::vector<NotInEffect> Find(const ComposedProfile& profile, const Tx* tx = nullptr) {
    Plan plan = Decide(profile, TakeSnapshot(profile, {}, tree), {}, info);
    plan.limits = profile.limits;
    return FindNotInEffect(plan, facts, tx);
  }

  Process nginx;
  EffectFacts facts;
};

TEST_CASE("a listener that was cut to the old somaxconn is stale, one that asked for less is not") {
  EffectWorld world;
  const auto profile = Wants("w", {{"net.core.somaxconn", "8192"}});
  world.Listen(4096);
  const auto cut = world.Find(profile);
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].kind == Kind::kStale);
  CHECK(cut[0].key == "net.core.somaxconn");
  CHECK(cut[0].want == "8192");
  CHECK(cut[0].is == "4096");
  CHECK(cut[0].pid == 812);
  CHECK(cut[0].unit == "nginx.service");
  CHECK(cut[0].socket == "0.0.0.0:80");
  CHECK(cut[0].action == "systemctl restart nginx.service");
  world.Listen(128);
  CHECK(world.Find(profile).at(0).kind == Kind::kOwnChoice);
  world.Listen(8192);
  CHECK(world.Find(profile).empty());
}

TEST_CASE("after the apply the transaction remembers the old value") {
  EffectWorld world;
  const auto profile = Wants("w", {{"net.core.somaxconn", "8192"}});
  REQUIRE(world.ApplyProfile(profile));
  TuneHost host = world.Host();
  const auto history = ReadHistory(host);
  const Tx* tx = history->InForceHere(world.info);
  world.Listen(4096);
  CHECK(world.Find(profile, tx).at(0).kind == Kind::kStale);
  CHECK(world.Find(profile, nullptr).at(0).kind == Kind::kOwnChoice);
}

TEST_CASE("congestion control of a running listener") {
  EffectWorld world;
  world.Listen(9999);
  const auto profile = Wants("w", {{"net.ipv4.tcp_congestion_control", "bbr"}});
  const auto found = world.Find(profile);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == Kind::kStale);
  CHECK(found[0].is == "cubic");
  CHECK(world.Find(Wants("w", {{"net.ipv4.tcp_congestion_control", "cubic"}})).empty());
}

TEST_CASE("nofile of what listens: named ones are stale, others only told") {
  EffectWorld world;
  world.Listen(9999);
  world.facts.nofile = {{.id = world.nginx.id, .limits = {.soft = 1024, .hard = 524288}}};
  ComposedProfile profile = Wants("w", {});
  profile.limits = {{.item = "nofile", .subject = "*", .soft = 65536, .hard = 65536}};
  auto found = world.Find(profile);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == Kind::kOwnChoice);
  CHECK(found[0].action.find("LimitNOFILE=65536") != std::string::npos);
  profile.limits[0].target = LimitTarget::kServices;
  profile.limits[0].subject = "nginx.service";
  CHECK(world.Find(profile).at(0).kind == Kind::kStale);
  profile.limits[0].subject = "other.service";
  CHECK(world.Find(profile).empty());
  profile.limits[0] = {.item = "nofile", .subject = "*", .soft = 1024, .hard = 1024};
  CHECK(world.Find(profile).empty());
}

TEST_CASE("locked buffers are judged by half of what the kernel keeps") {
  EffectWorld world;
  world.tree.At("net.core.rmem_max").access = KeyState::Access::kReadWrite;
  const auto profile = Wants("w", {{"net.core.rmem_max", ">=16777216"}});
  world.facts.buffers = {{.local = "127.0.0.1:80",
                          .inode = 77,
                          .receive = true,
                          .bytes = 2 * 212992,
                          .owner = world.nginx.id}};
  auto found = world.Find(profile);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == Kind::kStale);
  CHECK(found[0].is == "212992");
  world.facts.buffers[0].bytes = 2 * 65536;
  CHECK(world.Find(profile).at(0).kind == Kind::kOwnChoice);
  world.facts.buffers[0].receive = false;
  CHECK(world.Find(profile).empty());
}

TEST_CASE("interfaces keep their qdisc until it is replaced") {
  EffectWorld world;
  world.tree.Add("net.core.default_qdisc",
                 {.type = FakeKey::Type::kText, .fields = {"pfifo_fast"}});
  world.facts.qdiscs = {{.interface = "eth0", .qdisc = "pfifo_fast"},
                        {.interface = "eth1", .qdisc = "fq"},
                        {.interface = "lo", .qdisc = "noqueue", .virtual_device = true}};
  const auto found = world.Find(Wants("w", {{"net.core.default_qdisc", "fq"}}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].socket == "eth0");
  CHECK(found[0].action == "tc qdisc replace dev eth0 root fq");
}

}  // namespace
}  // namespace tunewire
