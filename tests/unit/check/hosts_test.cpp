// Whole lists of states of made hosts, and what holds for every check on every host.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "support/made_hosts.h"
#include "tunewire/check/check.h"

namespace tunewire {
namespace {

using States = std::map<std::string, std::string>;

/// Checks that are not ok; the others are.
States Findings(const HostFacts& facts, const CheckWish& wish) {
  States states;
  for (const CheckResult& result : RunChecks(facts, wish)) {
    if (result.state != CheckState::kOk) states[result.id] = std::string(NameOf(result.state));
  }
  return states;
}

std::string Shown(const States& states) {
  std::string text;
  for (const auto& [id, state] : states) text += id + " " + state + "\n";
  return text;
}

void CheckFindings(const HostFacts& facts, const States& expected) {
  CHECK(Shown(Findings(facts, {})) == Shown(expected));
}

}  // namespace

TEST_CASE("checks: the table is whole") {
  std::set<std::string_view> ids;
  for (const CheckEntry& entry : AllChecks()) {
    CHECK(ids.insert(entry.id).second);
    CHECK_FALSE(entry.section.empty());
    CHECK_FALSE(entry.title.empty());
    CHECK((entry.look != nullptr));
  }
  CHECK(ids.size() >= 30);
}

TEST_CASE("checks: nothing known means unknown, each with its reason") {
  for (const CheckResult& result : RunChecks({}, {})) {
    INFO(result.id);
    CHECK(result.state == CheckState::kUnknown);
    CHECK_FALSE(result.why.empty());
    CHECK(result.have.empty());
    CHECK(result.fix.empty());
    CHECK(result.profile.empty());
  }
}

TEST_CASE("checks: a quiet host has nothing to say") { CheckFindings(QuietFacts(), {}); }

TEST_CASE("checks: what is found says everything") {
  std::vector<MadeHost> hosts = MadeHosts();
  hosts.push_back({"quiet", QuietFacts});
  for (const MadeHost& host : hosts) {
    for (const CheckResult& result : RunChecks(host.make(), {})) {
      INFO(host.name, ": ", result.id);
      CHECK_FALSE(result.why.empty());
      if (result.state == CheckState::kUnknown) continue;
      CHECK_FALSE(result.have.empty());
      CHECK_FALSE(result.evidence.empty());
      CHECK(result.fix.empty() == (result.state == CheckState::kOk));
      if (result.state != CheckState::kOk) CHECK_FALSE(result.want.empty());
    }
  }
}

TEST_CASE("checks: bare metal with two nodes") {
  CheckFindings(BareMetalHost(), {{"nofile_soft", "warn"},
                                  {"slow_start_after_idle", "warn"},
                                  {"nic_coalescing", "warn"},
                                  {"nic_numa_node", "warn"},
                                  {"governor", "warn"},
                                  {"turbo", "warn"},
                                  {"frequency_drift", "warn"},
                                  {"hugepages", "warn"},
                                  {"mitigations", "warn"}});
}

TEST_CASE("checks: a KVM guest") {
  CheckFindings(KvmGuest(), {{"nofile_soft", "warn"},
                             {"nofile_hard", "warn"},
                             {"slow_start_after_idle", "warn"},
                             {"congestion_control", "warn"},
                             {"nic_coalescing", "unknown"},
                             {"link_speed", "unknown"},
                             {"link_duplex", "unknown"},
                             {"qdisc", "warn"},
                             {"interrupt_spread", "warn"},
                             {"governor", "unknown"},
                             {"turbo", "unknown"},
                             {"frequency_drift", "unknown"},
                             {"steal", "warn"},
                             {"virtualisation", "warn"}});
}

TEST_CASE("checks: a container") {
  CheckFindings(ContainerHost(), {{"orphans", "unknown"},
                                  {"conntrack_loopback", "unknown"},
                                  {"tcp_memory", "unknown"},
                                  {"nic_rings", "unknown"},
                                  {"nic_channels", "unknown"},
                                  {"nic_coalescing", "unknown"},
                                  {"nic_offloads", "unknown"},
                                  {"nic_numa_node", "unknown"},
                                  {"link_speed", "unknown"},
                                  {"link_duplex", "unknown"},
                                  {"nic_errors", "unknown"},
                                  {"qdisc", "unknown"},
                                  {"mtu", "unknown"},
                                  {"interrupt_spread", "unknown"},
                                  {"netdev_max_backlog", "unknown"},
                                  {"cpu_quota", "warn"},
                                  {"throttling", "warn"},
                                  {"container", "warn"}});
}

TEST_CASE("checks: many cards") {
  CheckFindings(ManyCardsHost(), {{"listeners_in_range", "warn"},
                                  {"nic_rings", "warn"},
                                  {"nic_offloads", "warn"},
                                  {"link_speed", "warn"},
                                  {"link_duplex", "bad"},
                                  {"nic_errors", "bad"},
                                  {"mtu", "warn"},
                                  {"route_quickack", "warn"},
                                  {"route_windows", "warn"}});
  // The one the load goes through is fine.
  CheckWish first{"eth0", false};
  const States states = Findings(ManyCardsHost(), first);
  CHECK(Shown(states) == Shown({{"listeners_in_range", "warn"}}));
  // Over loopback no card matters.
  for (const CheckResult& result : RunChecks(ManyCardsHost(), {"", true})) {
    if (result.id.starts_with("nic_") || result.id.starts_with("link_")) {
      CHECK(result.state == CheckState::kOk);
    }
  }
}

TEST_CASE("checks: one CPU") {
  CheckFindings(OneCpuHost(), {{"nofile_soft", "warn"},
                               {"nofile_hard", "warn"},
                               {"time_wait", "warn"},
                               {"tcp_memory", "warn"},
                               {"tcp_buffers", "warn"},
                               {"slow_start_after_idle", "warn"},
                               {"nic_channels", "unknown"},
                               {"cpu_count", "warn"},
                               {"governor", "warn"},
                               {"busy_processes", "bad"},
                               {"load_average", "bad"},
                               {"pressure", "bad"},
                               {"free_memory", "warn"},
                               {"swap", "bad"},
                               {"clock_source", "bad"}});
}

TEST_CASE("checks: an old kernel") {
  CheckFindings(OldKernelHost(), {{"nofile_soft", "warn"},
                                  {"nofile_hard", "warn"},
                                  {"somaxconn", "warn"},
                                  {"listen_overflows", "warn"},
                                  {"conntrack_room", "warn"},
                                  {"slow_start_after_idle", "warn"},
                                  {"retransmissions", "unknown"},
                                  {"nic_rings", "warn"},
                                  {"qdisc", "warn"},
                                  {"pressure", "unknown"}});
}

}  // namespace tunewire
