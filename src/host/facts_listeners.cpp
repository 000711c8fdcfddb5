// Listening sockets and who holds them.
#include <array>
#include <charconv>
#include <unordered_set>

#include "base/format.h"
#include "host/facts.h"
#include "host/precise_clock.h"
#include "host/proc_folder.h"
#include "host/process_look.h"
#include "tunewire/host/listeners.h"

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
      const auto inode = SocketAt(folder.get(), (*numbers)[i]);
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
