#include "cli/host_snapshot.h"

namespace tunewire {

Result<HostSnapshot> SnapshotNow(Session& session) {
  const Result<SysctlTree*> there = session.Tree();
  if (!there) return Fail(there.error());
  Machine& machine = session.machine();
  HostSnapshot snapshot =
      SnapshotOf(session.offline() ? machine.facts_of_tree(session.root(), TunablesWanted::kAll)
                                   : machine.capture_facts({.facts = FactsWanted::kSettled,
                                                            .tunables = TunablesWanted::kAll}));
  if (snapshot.unix_seconds == 0) snapshot.unix_seconds = machine.clock.UnixSeconds();
  return snapshot;
}

std::string HostHashNow(Session& session) {
  const Result<HostSnapshot> snapshot = SnapshotNow(session);
  return snapshot ? HashOf(*snapshot) : "";
}

}  // namespace tunewire
