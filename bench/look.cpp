// Looks at the socket table as `tunewire sockets` takes them, for the clock and for memory.
//
//   bench_look look              every field of every socket, and who holds it; nothing is kept
//                                prints "SOCKETS OWNED GROWN": GROWN is how many bytes this
//                                process is larger than before
//   bench_look decode            every field of every socket, without the owners
//                                prints "SOCKETS"
//   bench_look port N            the sockets of one port, every field
//                                prints "SOCKETS"
//   bench_look keep              every socket kept, twice: its first and its last state
//                                prints "SOCKETS BYTES GROWN"
//   bench_look sample PID SECONDS
//                                the sockets of one process 20 times a second
//                                prints "LOOKS SOCKETS NANOSECONDS": of processor time
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "tunewire/host/socket_store.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

constexpr int kLooksPerSecond = 20;

template <class T>
T Need(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

/// What no compiler may leave out.
std::uint64_t Digest(const SocketInfo& socket) {
  return socket.inode + socket.tcp.rtt.value_or(0) + socket.congestion_control.size() +
         (socket.memory ? socket.memory->sndbuf : 0);
}

long ResidentBytes() {
  long pages = 0;
  long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) std::exit(1);
  std::fclose(file);
  return resident * ::sysconf(_SC_PAGESIZE);
}

long long ProcessorNs() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return time.tv_sec * 1'000'000'000LL + time.tv_usec * 1000LL;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

int Look(SocketSource& source) {
  const long before = ResidentBytes();
  std::uint64_t digest = 0;
  const auto take = [&](std::span<const std::byte> raw) {
    if (const auto socket = DecodeSocket(raw)) digest += Digest(*socket);
  };
  std::size_t seen = 0;
  std::size_t held = 0;
  {
    const OwnedLook look = Need(LookWithOwners(source, {}, {}, take));
    seen = look.dump.seen;
    held = look.owners.held.size();
  }
  std::printf("%zu %zu %ld %llu\n", seen, held, ResidentBytes() - before,
              static_cast<unsigned long long>(digest % 10));
  return 0;
}

int Decode(SocketSource& source, const SocketFilter& filter) {
  std::uint64_t digest = 0;
  const SocketDump dump = Need(source.Dump(filter, [&](std::span<const std::byte> raw) {
    if (const auto socket = DecodeSocket(raw)) digest += Digest(*socket);
  }));
  std::printf("%zu %llu\n", dump.seen, static_cast<unsigned long long>(digest % 10));
  return 0;
}

int Keep(SocketSource& source) {
  const long before = ResidentBytes();
  SocketStore store;
  for (int look = 0; look < 2; ++look) {
    Need(source.Dump({}, [&](std::span<const std::byte> raw) { store.Put(raw); }));
  }
  std::printf("%zu %zu %ld\n", store.size(), store.MemoryBytes(), ResidentBytes() - before);
  return 0;
}

std::vector<SocketName> NamesOf(SocketSource& source, int pid) {
  const std::vector<int> pids{pid};
  const HeldSockets held = Need(FindHeldSockets(pids));
  std::vector<SocketName> names;
  Need(source.Dump({}, [&](std::span<const std::byte> raw) {
    const auto socket = DecodeSocket(raw);
    const bool wanted =
        socket && std::ranges::binary_search(held.held, socket->inode, {}, &HeldSocket::inode);
    if (!wanted) return;
    names.push_back({socket->local, socket->remote, socket->cookie, socket->interface});
  }));
  return names;
}

/// The names are learnt before the clock starts; what the process opens and closes meanwhile is
/// looked for once a second.
int Sample(SocketSource& source, int pid, int seconds) {
  const std::vector<SocketName> names = NamesOf(source, pid);
  const std::vector<int> pids{pid};
  std::uint64_t digest = 0;
  std::size_t seen = 0;
  const int looks = seconds * kLooksPerSecond;
  const long long before = ProcessorNs();
  auto next = std::chrono::steady_clock::now();
  for (int look = 0; look < looks; ++look) {
    if (look % kLooksPerSecond == 0) digest += Need(FindHeldSockets(pids)).held.size();
    seen += Need(source.Ask(names, [&](std::span<const std::byte> raw) {
              if (const auto socket = DecodeSocket(raw)) digest += Digest(*socket);
            })).seen;
    next += std::chrono::milliseconds(1000 / kLooksPerSecond);
    std::this_thread::sleep_until(next);
  }
  std::printf("%d %zu %lld %llu\n", looks, seen / static_cast<std::size_t>(looks),
              ProcessorNs() - before, static_cast<unsigned long long>(digest % 10));
  return 0;
}

int Main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  const std::unique_ptr<SocketSource> source = Need(LinuxSockets());
  if (what == "look" && count == 2) return Look(*source);
  if (what == "decode" && count == 2) return Decode(*source, {});
  if (what == "port" && count == 3) {
    SocketFilter filter;
    filter.port = static_cast<std::uint16_t>(std::atoi(words[2]));
    return Decode(*source, filter);
  }
  if (what == "keep" && count == 2) return Keep(*source);
  if (what == "sample" && count == 4)
    return Sample(*source, std::atoi(words[2]), std::atoi(words[3]));
  std::fprintf(stderr, "bench_look: look | decode | port N | keep | sample PID SECONDS\n");
  return 2;
}

}  // namespace
}  // namespace tunewire

int main(int count, char** words) { return tunewire::Main(count, words); }
