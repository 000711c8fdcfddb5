// Listening sockets and who holds them.
#include <algorithm>

#include "host/facts.h"
#include "host/proc_folder.h"
#include "host/process_look.h"
#include "host/socket_owners.h"
#include "tunewire/host/listeners.h"

namespace tunewire {
namespace {

/// Of several that share a listener, the one with the lowest number: mostly the parent.
void AddOwners(std::vector<ListeningSocket>& listeners) {
  std::vector<std::uint64_t> inodes;
  for (const ListeningSocket& listener : listeners) inodes.push_back(listener.inode);
  const auto owners = FindSocketOwners(inodes);
  const auto proc = OpenProc();
  if (!owners || !proc) return;
  std::vector<char> room(kProcRoom);
  std::map<int, std::optional<Process>> seen;
  for (ListeningSocket& listener : listeners) {
    const auto found = owners->by_inode.find(listener.inode);
    if (found == owners->by_inode.end() || found->second.empty()) continue;
    const ProcessId& id = *std::ranges::min_element(found->second);
    const auto [known, added] = seen.try_emplace(id.pid);
    if (added) known->second = LookAtProcess(proc->get(), id.pid, room, KernelThreads::kLeftOut);
    if (known->second && known->second->id == id) listener.owner = known->second;
  }
}

}  // namespace

Known<std::vector<ListeningSocket>> ReadListeners() {
  const auto found = LinuxListeners()->Listeners();
  if (!found) return Known<std::vector<ListeningSocket>>::Unknown(found.error().message);
  std::vector<ListeningSocket> listeners;
  for (const Listener& one : *found) {
    listeners.push_back({.address = one.address,
                         .port = one.port,
                         .backlog = one.backlog,
                         .queue = one.queue,
                         .inode = one.inode});
  }
  AddOwners(listeners);
  return listeners;
}

}  // namespace tunewire
