// Who holds which sockets: alone, or beside a dump.
#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "base/format.h"
#include "host/decode_counts.h"
#include "host/holder_search.h"
#include "host/kernel_file_walk.h"
#include "host/proc_folder.h"
#include "tunewire/host/workers.h"

namespace tunewire {
namespace {

// A thread costs about 50 us to start and to end, as much as some ten small processes.
constexpr std::size_t kWorthAThread = 24;
// Reading the kernel's types takes about 10 ms first; so many take two threads 40 ms in /proc.
constexpr std::uint64_t kWorthAWalk = 20'000;

/// Are so many files open that the kernel is better asked for all at once?
bool IsWorthAWalk(int proc, std::span<const int> pids) {
  if (!pids.empty()) return false;
  std::array<char, 128> room;
  const auto text = ReadAt(proc, "sys/fs/file-nr", room);
  const auto files = text ? DecodeFileNr(*text) : std::nullopt;
  return files && files->open >= kWorthAWalk;
}

std::optional<HeldSockets> Walk() {
  std::optional<std::vector<HeldSocket>> held = WalkFilesInKernel();
  if (!held) return std::nullopt;
  std::sort(held->begin(), held->end());
  held->erase(std::unique(held->begin(), held->end()), held->end());
  return HeldSockets{.held = *std::move(held), .unreadable = 0};
}

Result<std::vector<int>> Wanted(int proc, std::span<const int> pids) {
  if (pids.empty()) return NumbersIn(proc);
  std::vector<int> wanted(pids.begin(), pids.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

bool IsLarge(int proc, int pid) {
  return ProcessDescriptors(OpenFolderAt(proc, Format("{}/fd", pid).c_str()), pid).Count() >
         HolderSearch::kPart;
}

/// The caller's thread works too.
std::size_t HelpersFor(int proc, const std::vector<int>& pids) {
  if (std::thread::hardware_concurrency() < 2) return 0;
  const auto large = [proc](int pid) { return IsLarge(proc, pid); };
  return pids.size() >= kWorthAThread || std::ranges::any_of(pids, large) ? 1 : 0;
}

/// Where the system gives no thread, less goes on at once.
void StartHelpers(Workers& workers, std::size_t helpers, HolderSearch& search) {
  for (std::size_t i = 0; i < helpers; ++i) {
    static_cast<void>(workers.Start([&search] { search.Work(HolderSearch::From::kBack); }));
  }
}

Result<HeldSockets> Search(UniqueFd proc, std::span<const int> pids) {
  Result<std::vector<int>> wanted = Wanted(proc.get(), pids);
  if (!wanted) return Fail(std::move(wanted.error()));
  const std::size_t helpers = HelpersFor(proc.get(), *wanted);
  HolderSearch search(std::move(proc), std::move(*wanted));
  {
    Workers workers(helpers);
    StartHelpers(workers, helpers, search);
    search.Work(HolderSearch::From::kFront);
  }
  return search.Take();
}

/// Where the kernel cannot be asked after all, /proc is gone through behind the dump.
Result<OwnedLook> DumpAndWalk(UniqueFd proc, SocketSource& source, const SocketFilter& filter,
                              const TakeSocket& take) {
  std::optional<HeldSockets> walked;
  Result<SocketDump> dump = SocketDump();
  {
    Workers workers(1);
    const Status beside = workers.Start([&walked] { walked = Walk(); });
    dump = source.Dump(filter, take);
    if (!beside) walked = Walk();
  }
  if (!dump) return Fail(std::move(dump.error()));
  Result<HeldSockets> owners = walked ? *std::move(walked) : Search(std::move(proc), {});
  if (!owners) return Fail(std::move(owners.error()));
  return OwnedLook{.dump = *dump, .owners = *std::move(owners)};
}

}  // namespace

Result<HeldSockets> FindHeldSockets(std::span<const int> pids) {
  Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(std::move(proc.error()));
  if (IsWorthAWalk(proc->get(), pids)) {
    if (std::optional<HeldSockets> walked = Walk()) return *std::move(walked);
  }
  return Search(std::move(*proc), pids);
}

Result<OwnedLook> LookWithOwners(SocketSource& source, const SocketFilter& filter,
                                 std::span<const int> pids, const TakeSocket& take) {
  Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(std::move(proc.error()));
  if (IsWorthAWalk(proc->get(), pids)) {
    return DumpAndWalk(std::move(*proc), source, filter, take);
  }
  Result<std::vector<int>> wanted = Wanted(proc->get(), pids);
  if (!wanted) return Fail(std::move(wanted.error()));
  const std::size_t helpers = std::thread::hardware_concurrency() > 2 ? 2 : 1;
  HolderSearch search(std::move(*proc), std::move(*wanted));
  Result<SocketDump> dump = SocketDump();
  {
    Workers workers(helpers);
    StartHelpers(workers, helpers, search);
    dump = source.Dump(filter, take);
    search.Work(HolderSearch::From::kFront);
  }
  if (!dump) return Fail(std::move(dump.error()));
  return OwnedLook{.dump = *dump, .owners = search.Take()};
}

}  // namespace tunewire
