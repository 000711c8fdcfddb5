// Listening sockets and who holds them.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <tuple>
#include <unordered_set>

#include "base/format.h"
#include "host/facts.h"
#include "host/proc_folder.h"
#include "host/process_look.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

// A host may have millions of descriptors; whose a listener is, is no more than a help to the
// reader. The patience is processor time: a crowded host does not make the search end earlier.
constexpr std::int64_t kPatienceNs = 15'000'000;
constexpr std::size_t kChunkBytes = 2048;
constexpr std::size_t kLargestRecord = 32;  // of a descriptor in getdents64(2)

std::int64_t OwnTime() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

enum class Depth { kFirstDescriptors, kAll };

/// A process that holds each of the sockets, the one with the lowest number: of several that share
/// one, mostly the parent. A listener mostly is one of a process's first descriptors, so these are
/// looked at first, of all processes.
class OwnerSearch {
 public:
  OwnerSearch(int proc, const std::vector<ListeningSocket>& listeners) : proc_(proc) {
    for (const ListeningSocket& listener : listeners) missing_.insert(listener.inode);
  }

  std::map<std::uint64_t, Process> Run(const std::vector<int>& pids) {
    std::vector<int> large;
    for (const int pid : pids) {
      if (LookInto(pid, Depth::kFirstDescriptors)) large.push_back(pid);
    }
    for (const int pid : large) LookInto(pid, Depth::kAll);
    return std::move(owners_);
  }

 private:
  [[nodiscard]] bool done() const { return missing_.empty() || OwnTime() > until_; }

  /// May it hold more descriptors than were looked at?
  bool LookInto(int pid, Depth depth) {
    if (done()) return false;
    const UniqueFd folder = OpenFolderAt(proc_, Format("{}/fd", pid).c_str());
    if (!folder.valid()) return false;
    std::vector<int> numbers;
    do {
      numbers = NextNumbersIn(folder.get(), chunk_);
      if (!LookAt(pid, folder.get(), numbers)) return false;
    } while (depth == Depth::kAll && !numbers.empty() && !done());
    return numbers.size() >= chunk_.size() / kLargestRecord;
  }

  /// False where none of the process's links may be read.
  bool LookAt(int pid, int folder, const std::vector<int>& numbers) {
    for (const int number : numbers) {
      errno = 0;
      const auto inode = SocketAt(folder, number);
      if (errno == EACCES || errno == EPERM) return false;
      if (!inode || missing_.erase(*inode) == 0) continue;
      if (const auto& process = Holder(pid)) owners_.emplace(*inode, *process);
    }
    return true;
  }

  /// One process may hold thousands of listeners: it is looked at once.
  const std::optional<Process>& Holder(int pid) {
    if (holder_pid_ != pid) {
      holder_ = LookAtProcess(proc_, pid, room_, KernelThreads::kLeftOut);
      holder_pid_ = pid;
    }
    return holder_;
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
  std::int64_t until_ = OwnTime() + kPatienceNs;
  std::unordered_set<std::uint64_t> missing_;
  std::map<std::uint64_t, Process> owners_;
  int holder_pid_ = 0;
  std::optional<Process> holder_;
  std::array<char, kChunkBytes> chunk_;
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
