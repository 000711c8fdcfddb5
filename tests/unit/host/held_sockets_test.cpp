// Who holds which socket, against what this process holds itself.
#include <bpf/bpf.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <vector>

#include "host/kernel_file_walk.h"
#include "host/proc_folder.h"
#include "host/process_descriptors.h"
#include "support/loopback_sockets.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

using loopback::CookieOfFd;
using loopback::InodeOfFd;

UniqueFd OneSocket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(fd.valid());
  return fd;
}

bool Holds(const HeldSockets& found, const HeldSocket& one) {
  return std::binary_search(found.held.begin(), found.held.end(), one);
}

HeldSockets Find(const std::vector<int>& pids) {
  auto found = FindHeldSockets(pids);
  REQUIRE(found.has_value());
  CHECK(std::is_sorted(found->held.begin(), found->held.end()));
  CHECK(std::adjacent_find(found->held.begin(), found->held.end()) == found->held.end());
  return std::move(*found);
}

/// A child that holds what its parent held, until it is told to end.
class Child {
 public:
  Child() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd read_end(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[1]);
      char byte = 0;
      static_cast<void>(!::read(ends[0], &byte, 1));
      ::_exit(0);
    }
  }
  ~Child() {
    write_end_.Reset();
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int pid() const { return pid_; }

 private:
  UniqueFd write_end_;
  pid_t pid_ = -1;
};

/// Shells begin with 1024 descriptors, and more are allowed.
struct ManyAllowed {
  ManyAllowed() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit all{before.rlim_max, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &all) == 0);
  }
  ~ManyAllowed() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

/// Descriptors of this process from `first` up, one in `step`.
struct Many {
  Many(int count, int first, int step) {
    const UniqueFd one = OneSocket();
    inode = InodeOfFd(one.get());
    for (int i = 0; i < count; ++i) {
      fds.emplace_back(::fcntl(one.get(), F_DUPFD_CLOEXEC, first + i * step));
      REQUIRE(fds.back().valid());
    }
  }
  ManyAllowed allowed;
  std::vector<UniqueFd> fds;
  std::uint64_t inode = 0;
};

/// May it be that the kernel cannot be asked at once? Then there is nothing to hold it to.
bool WalkMayBeRefused() {
  std::uint32_t next = 0;
  struct stat pids {};
  REQUIRE(::stat("/proc/self/ns/pid", &pids) == 0);
  const bool first_namespace = pids.st_ino == 0xEFFFFFFC;
  const bool allowed = ::bpf_prog_get_next_id(0, &next) == 0 || errno == ENOENT;
  return !first_namespace || !allowed || ::access("/sys/kernel/btf/vmlinux", R_OK) != 0;
}

void CheckAllFound(const Many& many) {
  const HeldSockets found = Find({::getpid()});
  for (const UniqueFd& fd : many.fds) {
    REQUIRE(Holds(found, {.inode = many.inode, .pid = ::getpid(), .descriptor = fd.get()}));
  }
}

}  // namespace

TEST_CASE("held sockets: this process's, by inode and number; other descriptors are none") {
  const UniqueFd socket = OneSocket();
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const HeldSockets found = Find({::getpid()});
  CHECK(Holds(found,
              {.inode = InodeOfFd(socket.get()), .pid = ::getpid(), .descriptor = socket.get()}));
  CHECK(std::ranges::none_of(found.held,
                             [&](const HeldSocket& one) { return one.descriptor == file.get(); }));
  CHECK(found.unreadable == 0);
}

TEST_CASE("held sockets: one socket of two processes has two holders") {
  const UniqueFd socket = OneSocket();
  const Child child;
  for (const HeldSockets& found : {Find({::getpid(), child.pid(), child.pid()}), Find({})}) {
    for (const int pid : {::getpid(), child.pid()}) {
      CHECK(
          Holds(found, {.inode = InodeOfFd(socket.get()), .pid = pid, .descriptor = socket.get()}));
    }
  }
}

TEST_CASE("held sockets: only those of the processes that were asked for, gone ones left out") {
  const UniqueFd socket = OneSocket();
  int ended = 0;
  {
    const Child child;
    ended = child.pid();
    const HeldSockets found = Find({child.pid()});
    CHECK(std::ranges::all_of(found.held,
                              [&](const HeldSocket& one) { return one.pid == child.pid(); }));
  }
  const HeldSockets found = Find({ended});
  CHECK(found.held.empty());
  CHECK(found.unreadable == 0);
}

TEST_CASE("held sockets: numbers side by side, more than one thread takes at once") {
  CheckAllFound(Many(6000, 100, 1));
}

TEST_CASE("held sockets: numbers far apart") {
  CheckAllFound(Many(300, 500, 40));
  CheckAllFound(Many(2500, 3000, 4));
}

TEST_CASE(
    "held sockets: without a count the folder is listed, and what is over is left to others") {
  const Many many(1000, 2000, 3);
  ProcessDescriptors process(OpenFolderAt(OpenProc()->get(), "self/fd"), ::getpid());
  CHECK(process.Count() >= 1000);
  std::vector<HeldSocket> held;
  const auto rest = process.Append({.first = 2000, .end = 4999}, 128, held);
  CHECK(rest.size() == 7);
  for (const DescriptorRange& range : rest) CHECK(process.Append(range, 128, held).empty());
  CHECK(std::ranges::count(held, many.inode, &HeldSocket::inode) == 1000);
  CHECK(held.size() == 1000);
}

TEST_CASE("held sockets: the kernel's own walk names what /proc names") {
  const Many many(300, 100, 3);
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Child child;
  auto walked = WalkFilesInKernel();
  if (!walked) {
    CHECK(WalkMayBeRefused());
    return;
  }
  std::sort(walked->begin(), walked->end());
  for (const int pid : {::getpid(), child.pid()}) {
    std::vector<HeldSocket> held;
    std::ranges::copy_if(*walked, std::back_inserter(held),
                         [pid](const HeldSocket& one) { return one.pid == pid; });
    CHECK(held.size() >= many.fds.size());
    CHECK(held == Find({pid}).held);
  }
}

TEST_CASE("held sockets: a look has its sockets and their owners") {
  const loopback::Pair pair;
  auto source = LinuxSockets();
  REQUIRE(source.has_value());
  std::vector<SocketInfo> sockets;
  const auto look = LookWithOwners(**source, {}, {}, [&](std::span<const std::byte> raw) {
    sockets.push_back(*DecodeSocket(raw));
  });
  REQUIRE(look.has_value());
  CHECK(look->dump.seen == sockets.size());
  const auto client =
      std::ranges::find(sockets, CookieOfFd(pair.client.get()), &SocketInfo::cookie);
  REQUIRE(client != sockets.end());
  CHECK(Holds(look->owners,
              {.inode = client->inode, .pid = ::getpid(), .descriptor = pair.client.get()}));
}

}  // namespace tunewire
