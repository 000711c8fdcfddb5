// A whole host in memory for transaction tests: a tree that behaves as the kernel does, a disk that
// can crash, a clock, and one counter of faults over all of them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_files.h"
#include "support/fake_lock.h"
#include "support/fake_processes.h"
#include "support/fake_tree.h"
#include "support/faults.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

inline constexpr const char* kBootA = "aaaaaaaa-0000-0000-0000-000000000000";
inline constexpr const char* kBootB = "bbbbbbbb-0000-0000-0000-000000000000";

struct World {
  FakeTree tree = FakeTree::LikeLinux();
  FakeFiles files;
  FakeClock clock;
  HostOperations operations;
  FaultyTree faulty_tree{tree, operations};
  FaultyFiles faulty_files{files, operations};
  FakeProcesses processes{FakeProcesses::Caller::kMayRaise};
  FakeHeldLock lock;
  HostInfo info{.kernel_release = "6.18.44",
                .boot_id = kBootA,
                .netns_inode = 4026531840,
                .memory = {.ram_bytes = 8ULL << 30, .page_bytes = 4096}};

  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  TuneHost Host() {
    return {.sysctl = faulty_tree,
            .files = faulty_files,
            .clock = clock,
            .processes = processes,
            .info = info,
            .state_dir = "/var/lib/tunewire",
            .interrupted = {},
            .reload_units = {}};
  }

  Plan PlanOf(const ComposedProfile& profile) {
    TuneHost host = Host();
    const auto history = ReadHistory(host);
    const InForce in_force = DescribeInForce(history ? history->InForceHere(info) : nullptr);
    return Decide(profile, TakeSnapshot(profile, in_force, tree), in_force, info);
  }

  Result<ApplyReport> ApplyProfile(const ComposedProfile& profile,
                                   const ApplyOptions& options = {}) {
    TuneHost host = Host();
    return Apply(lock, host, PlanOf(profile), options);
  }

  Result<UndoReport> RollbackTop(Force force = Force::kNo) {
    TuneHost host = Host();
    const auto history = ReadHistory(host);
    if (!history) return Fail(history.error());
    const Tx* tx = history->InForceHere(info);
    if (tx == nullptr) return UndoReport{};
    return Rollback(lock, host, *tx, force);
  }

  Result<std::vector<UndoReport>> RecoverAll() {
    TuneHost host = Host();
    return Recover(lock, host);
  }

  TxState StateOf(const std::string& id) {
    TuneHost host = Host();
    const auto history = ReadHistory(host);
    return (*history->Find(id))->state;
  }
};

/// {"net.core.somaxconn", "8192"}: requirements in the journal's own spelling.
inline ComposedProfile Wants(std::string name,
                             const std::vector<std::pair<std::string, std::string>>& settings) {
  ComposedProfile profile{.name = name, .references = {name}};
  for (const auto& [key, want] : settings)
    profile.settings.push_back({.key = *KeyPattern::Parse(key),
                                .want = *Requirement::Parse(want),
                                .origin = {.file = name + ".json", .line = 7, .column = 3},
                                .profile = name});
  return profile;
}

inline std::vector<std::string> NamesOf(const std::vector<ItemOutcome>& outcomes) {
  std::vector<std::string> names;
  for (const ItemOutcome& outcome : outcomes) names.push_back(outcome.name);
  return names;
}

}  // namespace tunewire
