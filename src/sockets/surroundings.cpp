#include "sockets/surroundings.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tunewire {
namespace {

/// A copy of a descriptor and thirty getsockopt(2) each: more of them would take seconds.
constexpr std::size_t kMostOptions = 10000;

bool ByPid(const Process& a, const Process& b) { return a.id.pid < b.id.pid; }

std::vector<HeldSocket> Join(const std::vector<HeldSocket>& before,
                             const std::vector<HeldSocket>& now) {
  std::vector<HeldSocket> all;
  std::set_union(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(all));
  return all;
}

}  // namespace

Status Surroundings::Refresh() {
  Result<HeldSockets> now = host_.held(pids_);
  if (!now) return Fail(std::move(now.error()));
  held_.held = Join(held_.held, now->held);
  held_.unreadable = now->unreadable;
  if (processes_.empty()) ReadProcesses();
  return {};
}

/// One that has ended meanwhile stays known.
void Surroundings::ReadProcesses() {
  Result<std::vector<Process>> now = host_.processes();
  if (!now) return;
  now->insert(now->end(), processes_.begin(), processes_.end());
  std::stable_sort(now->begin(), now->end(), ByPid);
  const auto same = [](const Process& a, const Process& b) { return a.id.pid == b.id.pid; };
  now->erase(std::unique(now->begin(), now->end(), same), now->end());
  processes_ = *std::move(now);
}

const Process* Surroundings::Find(int pid) const {
  Process wanted;
  wanted.id.pid = pid;
  const auto at = std::lower_bound(processes_.begin(), processes_.end(), wanted, ByPid);
  return at != processes_.end() && at->id.pid == pid ? &*at : nullptr;
}

bool Surroundings::Knows(std::span<const std::uint64_t> inodes) const {
  return std::all_of(inodes.begin(), inodes.end(), [this](std::uint64_t inode) {
    const auto at =
        std::lower_bound(held_.held.begin(), held_.held.end(), HeldSocket{.inode = inode});
    return at != held_.held.end() && at->inode == inode && Find(at->pid) != nullptr;
  });
}

void Surroundings::PutOptions(SocketSurroundings& around) const {
  if (!host_.options) return;
  std::uint64_t done = 0;
  for (const HeldSocket& held : around.held) {
    const Process* process = Find(held.pid);
    if (held.inode == done || process == nullptr) continue;
    if (around.options.size() >= kMostOptions) return;
    const Result<SocketOptions> options = host_.options(*process, held);
    if (!options) continue;  // another process may hold it too, and be open to this user
    around.options.emplace_back(held.inode, *options);
    done = held.inode;
  }
}

SocketSurroundings Surroundings::Finish(std::span<const std::uint64_t> inodes) {
  // Without pids a listener may be a process's that this user may not see: asking again costs a
  // pass over /proc, and the answer may be no.
  if (!Knows(inodes) && Refresh()) ReadProcesses();
  SocketSurroundings around;
  around.pids.assign(pids_.begin(), pids_.end());
  std::copy_if(held_.held.begin(), held_.held.end(), std::back_inserter(around.held),
               [&](const HeldSocket& held) {
                 return std::binary_search(inodes.begin(), inodes.end(), held.inode);
               });
  std::vector<int> holders(pids_.begin(), pids_.end());
  for (const HeldSocket& held : around.held) holders.push_back(held.pid);
  std::sort(holders.begin(), holders.end());
  std::copy_if(processes_.begin(), processes_.end(), std::back_inserter(around.processes),
               [&](const Process& process) {
                 return std::binary_search(holders.begin(), holders.end(), process.id.pid);
               });
  around.unreadable = held_.unreadable;
  PutOptions(around);
  return around;
}

}  // namespace tunewire
