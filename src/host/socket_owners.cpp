// One pass over every process's descriptors; then the start time, only of processes that hold a
// socket that was asked for.
#include "host/socket_owners.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include "base/format.h"
#include "host/proc_folder.h"
#include "host/process_descriptors.h"

namespace tunewire {
namespace {

std::vector<HeldSocket> Wanted(const std::vector<HeldSocket>& held,
                               const std::vector<std::uint64_t>& inodes) {
  const std::unordered_set<std::uint64_t> wanted(inodes.begin(), inodes.end());
  std::vector<HeldSocket> found;
  for (const HeldSocket& one : held) {
    if (wanted.contains(one.inode)) found.push_back(one);
  }
  std::ranges::stable_sort(found, {}, &HeldSocket::pid);
  return found;
}

/// From the open folder upwards: the number may already be another process's.
std::optional<ProcessStat> StatAbove(int folder) {
  std::array<char, 1024> room;
  const auto text = ReadAt(folder, "../stat", room);
  return text ? DecodeProcessStat(*text) : std::nullopt;
}

/// `held`: sockets of one process.
void AddOwner(int proc, std::span<const HeldSocket> held, SocketOwners& owners) {
  const int pid = held.front().pid;
  const ProcessDescriptors process(OpenFolderAt(proc, Format("{}/fd", pid).c_str()), pid);
  const auto stat = StatAbove(process.folder());
  if (!stat) return;
  const ProcessId owner{pid, stat->start_ticks};
  for (const HeldSocket& socket : held) {
    auto& known = owners.by_inode[socket.inode];
    const bool told = !known.empty() && known.back() == owner;
    if (!told && process.StillHolds(socket)) known.push_back(owner);
  }
}

}  // namespace

Result<SocketOwners> FindSocketOwners(const std::vector<std::uint64_t>& inodes) {
  if (inodes.empty()) return SocketOwners{};
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  const Result<HeldSockets> all = FindHeldSockets({});
  if (!all) return Fail(all.error());
  SocketOwners owners;
  owners.unreadable = all->unreadable;
  const std::vector<HeldSocket> wanted = Wanted(all->held, inodes);
  for (std::span<const HeldSocket> rest(wanted); !rest.empty();) {
    const auto end = std::ranges::find_if_not(
        rest, [&](const HeldSocket& one) { return one.pid == rest.front().pid; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    AddOwner(proc->get(), rest.first(count), owners);
    rest = rest.subspan(count);
  }
  std::erase_if(owners.by_inode, [](const auto& entry) { return entry.second.empty(); });
  return owners;
}

}  // namespace tunewire
