// One pass over every /proc/PID/fd. A link per descriptor is read, for the folder does not say
// which of them are sockets; the start time only of processes that hold one that was asked for.
#include "host/socket_owners.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <unordered_set>

#include "base/format.h"
#include "host/proc_folder.h"

namespace tunewire {
namespace {

class Pass {
 public:
  Pass(int proc, const std::vector<std::uint64_t>& inodes)
      : proc_(proc), wanted_(inodes.begin(), inodes.end()) {}

  void Look(int pid) {
    const UniqueFd folder = OpenFolderAt(proc_, Format("{}/fd", pid).c_str());
    if (!folder.valid()) {
      if (errno == EACCES || errno == EPERM) ++owners_.unreadable;
      return;
    }
    const std::unordered_set<std::uint64_t> held = Held(folder.get());
    if (held.empty()) return;
    // From the open folder upwards: the number may already be another process's.
    std::array<char, 1024> room;
    const auto text = ReadAt(folder.get(), "../stat", room);
    const auto stat = text ? DecodeProcessStat(*text) : std::nullopt;
    if (!stat) return;
    for (const std::uint64_t inode : held) {
      owners_.by_inode[inode].push_back({pid, stat->start_ticks});
    }
  }

  SocketOwners Take() { return std::move(owners_); }

 private:
  std::unordered_set<std::uint64_t> Held(int folder) const {
    std::unordered_set<std::uint64_t> held;
    for (const SocketDescriptor& socket : SocketsIn(folder)) {
      if (wanted_.contains(socket.inode)) held.insert(socket.inode);
    }
    return held;
  }

  int proc_;
  std::unordered_set<std::uint64_t> wanted_;
  SocketOwners owners_;
};

}  // namespace

std::vector<SocketDescriptor> SocketsIn(int folder) {
  std::vector<SocketDescriptor> sockets;
  const Result<std::vector<int>> numbers = NumbersIn(folder);
  if (!numbers) return sockets;
  // Long enough for "socket:[18446744073709551615]"; another link may be cut, it is not needed.
  std::array<char, 40> room;
  std::array<char, 16> name;
  for (const int number : *numbers) {
    *std::to_chars(name.data(), name.data() + name.size() - 1, number).ptr = '\0';
    const auto link = ReadLinkAt(folder, name.data(), room);
    const auto inode = link ? DecodeSocketLink(*link) : std::nullopt;
    if (inode) sockets.push_back({number, *inode});
  }
  return sockets;
}

Result<SocketOwners> FindSocketOwners(const std::vector<std::uint64_t>& inodes) {
  if (inodes.empty()) return SocketOwners{};
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  const Result<std::vector<int>> pids = NumbersIn(proc->get());
  if (!pids) return Fail(pids.error());
  Pass pass(proc->get(), inodes);
  for (const int pid : *pids) pass.Look(pid);
  return pass.Take();
}

}  // namespace tunewire
