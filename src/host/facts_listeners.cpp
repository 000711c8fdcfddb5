// Listening sockets and who holds them.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <tuple>
#include <unordered_set>

#include "base/format.h"
#include "host/facts.h"
#include "host/precise_clock.h"
#include "host/proc_folder.h"
#include "host/process_look.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

// A host may have millions of descriptors; whose a listener is, is no more than a help to the
// reader. A listener mostly has one of a process's first numbers.
constexpr std::int64_t kPatienceNs = 15'000'000;
constexpr std::size_t kDescriptorsBetweenLooks = 256;

/// The process with the lowest number that holds each of the sockets: of several that share one,
/// mostly the parent.
class OwnerSearch {
 public:
  OwnerSearch(int proc, const std::vector<ListeningSocket>& listeners) : proc_(proc) {
    for (const ListeningSocket& listener : listeners) missing_.insert(listener.inode);
  }

  std::map<std::uint64_t, Process> Run(const std::vector<int>& pids) {
    for (const int pid : pids) {
      if (missing_.empty() || MonotonicNow() > until_) break;
      LookInto(pid);
    }
    return std::move(owners_);
  }

 private:
  void LookInto(int pid) {
    const UniqueFd folder = OpenFolderAt(proc_, Format("{}/fd", pid).c_str());
    if (!folder.valid()) return;
    const auto numbers = NumbersIn(folder.get());
    if (!numbers) return;
    std::optional<Process> process;
    for (std::size_t i = 0; i < numbers->size() && !missing_.empty(); ++i) {
      if (i % kDescriptorsBetweenLooks == 0 && MonotonicNow() > until_) return;
      errno = 0;
      const auto inode = SocketAt(folder.get(), (*numbers)[i]);
      if (errno == EACCES || errno == EPERM) return;  // not one of its links may be read
      if (!inode || missing_.erase(*inode) == 0) continue;
      if (!process) process = LookAtProcess(proc_, pid, room_, KernelThreads::kLeftOut);
      if (process) owners_.emplace(*inode, *process);
    }
  }

  /// Room for "socket:[18446744073709551615]"; another link may be cut, it is not needed.
  static std::optional<std::uint64_t> SocketAt(int folder, int number) {
    std::array<char, 16> name{};
    std::to_chars(name.data(), name.data() + name.size() - 1, number);
    std::array<char, 40> room;
    const auto link = ReadLinkAt(folder, name.data(), room);
    return link ? DecodeSocketLink(*link) : std::nullopt;
  }

  int proc_;
  std::int64_t until_ = MonotonicNow() + kPatienceNs;
  std::unordered_set<std::uint64_t> missing_;
  std::map<std::uint64_t, Process> owners_;
  std::vector<char> room_ = std::vector<char>(kProcRoom);
};

void AddOwners(std::vector<ListeningSocket>& listeners) {
  const auto proc = OpenProc();
  const auto pids = proc ? NumbersIn(proc->get()) : Result<std::vector<int>>(Fail(proc.error()));
  if (!pids) return;
  const auto owners = OwnerSearch(proc->get(), listeners).Run(*pids);
  for (ListeningSocket& listener : listeners) {
    const auto found = owners.find(listener.inode);
    if (found != owners.end()) listener.owner = found->second;
  }
}

ListeningSocket ListenerOf(const SocketInfo& socket) {
  return {.address = socket.local.Host(),
          .port = socket.local.port,
          .backlog = socket.send_queue,
          .queue = socket.receive_queue,
          .drops = socket.memory ? socket.memory->drops : 0,
          .inode = socket.inode};
}

}  // namespace

Known<std::vector<ListeningSocket>> ReadListeners() {
  using Answer = Known<std::vector<ListeningSocket>>;
  const auto sockets = LinuxSockets();
  if (!sockets) return Answer::Unknown(sockets.error().message);
  std::vector<ListeningSocket> listeners;
  const auto dump = (*sockets)->Dump({.states = kListenOnly}, [&](std::span<const std::byte> raw) {
    const auto socket = DecodeSocket(raw);
    if (socket && socket->state == TcpState::kListen) listeners.push_back(ListenerOf(*socket));
  });
  if (!dump) return Answer::Unknown(dump.error().message);
  std::ranges::sort(listeners, [](const ListeningSocket& a, const ListeningSocket& b) {
    return std::tie(a.port, a.address, a.inode) < std::tie(b.port, b.address, b.inode);
  });
  AddOwners(listeners);
  return listeners;
}

}  // namespace tunewire
