// Rehearsal, entering namespaces and the tree's view of them, against the real kernel. They run
// where tests/ns/test_host_contract.py has made a namespace to play in.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "support/fake_tree.h"
#include "support/temp_folder.h"
#include "tunewire/base/text.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/namespaces.h"
#include "tunewire/host/rehearsal.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {
namespace {

using Verdict = RehearsedWrite::Verdict;

bool RealKernelAsked() { return std::getenv("TUNEWIRE_REAL_PROC") != nullptr; }

std::uint64_t Inode(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

RehearsedWrite TryOne(const char* name, const char* text) {
  const std::vector<KeyText> writes{{Key(name), text}};
  const auto verdicts = ScratchNamespace()->Try(writes);
  REQUIRE(verdicts.has_value());
  REQUIRE(verdicts->size() == 1);
  return verdicts->front();
}

std::map<std::string, std::string> AllValues() {
  std::map<std::string, std::string> values;
  const auto tree = OpenSysctlTree("/proc/sys");
  const std::vector<SysctlKey> keys = (*tree)->List("net").value();
  for (const SysctlKey& key : keys) {
    if (const auto text = (*tree)->Read(key)) values[key.path()] = *text;
  }
  return values;
}

/// A child that stays in a network namespace of its own until told to go.
class Neighbour {
 public:
  Neighbour() {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      char state = 'n';
      if (::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) state = 'y';
      static_cast<void>(!::write(ready[1], &state, 1));
      for (;;) ::pause();
    }
    char state = 0;
    REQUIRE(::read(ready[0], &state, 1) == 1);
    REQUIRE(state == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Neighbour() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] std::string pid() const { return std::to_string(pid_); }
  [[nodiscard]] std::string file() const { return "/proc/" + pid() + "/ns/net"; }

 private:
  pid_t pid_ = -1;
};

/// Enters in a child of its own: 0 where it then is in the namespace of inode `expected`.
int EnterInChild(const std::string& target, std::uint64_t expected) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Status entered = EnterNetworkNamespace(target);
    ::_exit(!entered ? 1 : Inode("/proc/self/ns/net") == expected ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("kernel: rehearsal gives the kernel's own verdict" * doctest::skip(!RealKernelAsked())) {
  const RehearsedWrite accepted = TryOne("net.core.somaxconn", "8191");
  CHECK(accepted.verdict == Verdict::kAccepted);
  CHECK(accepted.stored == "8191\n");
  const RehearsedWrite refused = TryOne("net.core.somaxconn", "-1");
  CHECK(refused.verdict == Verdict::kRefused);
  CHECK(refused.os_error == EINVAL);
  CHECK(TryOne("net.ipv4.tcp_rmem", "1 2 3 4").verdict == Verdict::kRefused);
  CHECK(TryOne("net.ipv4.ip_local_reserved_ports", "8080,8081,8082").stored == "8080-8082\n");
  const RehearsedWrite write_only = TryOne("net.ipv4.route.flush", "1");
  CHECK(write_only.verdict == Verdict::kAccepted);
  CHECK(write_only.stored.empty());
}

TEST_CASE("kernel: rehearsal says where it cannot judge" * doctest::skip(!RealKernelAsked())) {
  for (const auto& [name, text] : std::map<const char*, const char*>{
           {"net.core.no_such_key", "1"},
           {"net.core.rmem_max", "1"},
           {"net.ipv4.conf.eth0.rp_filter", "1"},
           {"net.ipv4.tcp_congestion_control", "nosuch"},
       }) {
    const std::string tried = name;
    CAPTURE(tried);
    CHECK(TryOne(name, text).verdict == Verdict::kNotPossible);
  }
  CHECK(TryOne("net.ipv4.tcp_congestion_control", "reno").verdict == Verdict::kAccepted);
}

TEST_CASE("kernel: rehearsal leaves keys of the whole machine alone" *
          doctest::skip(!RealKernelAsked())) {
  // With the values they have: should the rehearsal be broken, this must not be what changes a
  // host.
  const auto tree = OpenSysctlTree("/proc/sys");
  for (const char* name : {"fs.file-max", "vm.swappiness", "kernel.threads-max"}) {
    const std::string tried = name;
    CAPTURE(tried);
    const std::string now = (*tree)->Read(Key(name)).value();
    CHECK(TryOne(name, now.c_str()).verdict == Verdict::kNotPossible);
  }
}

TEST_CASE("kernel: rehearsal keeps the order and changes nothing here" *
          doctest::skip(!RealKernelAsked())) {
  const auto tree = OpenSysctlTree("/proc/sys");
  const std::string swappiness = (*tree)->Read(Key("vm.swappiness")).value();
  const std::uint64_t before_namespace = Inode("/proc/self/ns/net");
  const std::uint64_t before_user = Inode("/proc/self/ns/user");
  const auto before = AllValues();
  REQUIRE(before.size() > 100);
  std::vector<KeyText> writes;
  for (const auto& [path, text] : before) writes.push_back({Key(path), text});
  writes.push_back({Key("net.core.somaxconn"), "77"});
  writes.push_back({Key("vm.swappiness"), swappiness});
  const auto verdicts = ScratchNamespace()->Try(writes);
  REQUIRE(verdicts.has_value());
  REQUIRE(verdicts->size() == writes.size());
  CHECK((*verdicts)[writes.size() - 2].stored == "77\n");
  CHECK(verdicts->back().verdict == Verdict::kNotPossible);
  int accepted = 0;
  for (const RehearsedWrite& one : *verdicts) accepted += one.verdict == Verdict::kAccepted;
  CHECK(accepted > 100);
  CHECK(AllValues() == before);
  CHECK((*tree)->Read(Key("vm.swappiness")).value() == swappiness);
  CHECK(Inode("/proc/self/ns/net") == before_namespace);
  CHECK(Inode("/proc/self/ns/user") == before_user);
  // Nothing to wait for: no child and no zombie is left.
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("kernel: namespaces are entered by process id and by path" *
          doctest::skip(!RealKernelAsked())) {
  const Neighbour neighbour;
  const std::uint64_t there = Inode(neighbour.file());
  REQUIRE(there != 0);
  REQUIRE(there != Inode("/proc/self/ns/net"));
  CHECK(EnterInChild(neighbour.pid(), there) == 0);
  CHECK(EnterInChild(neighbour.file(), there) == 0);
}

TEST_CASE("kernel: namespaces are entered by the name that ip netns gave" *
          doctest::skip(!RealKernelAsked())) {
  const Neighbour neighbour;
  const std::uint64_t there = Inode(neighbour.file());
  const pid_t child = ::fork();
  if (child == 0) {
    // A /run of its own, so that the host's stays as it is.
    const bool made =
        ::unshare(CLONE_NEWNS) == 0 &&
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == 0 && ::mkdir("/run/netns", 0755) == 0 &&
        ::mknod("/run/netns/blue", 0600, 0) == 0 && ::mknod("/run/netns/stale", 0600, 0) == 0 &&
        ::mount(neighbour.file().c_str(), "/run/netns/blue", nullptr, MS_BIND, nullptr) == 0;
    if (!made) ::_exit(3);
    const Status stale = EnterNetworkNamespace("stale");
    if (stale || stale.error().code != "not_a_network_namespace") ::_exit(4);
    const Status entered = EnterNetworkNamespace("blue");
    ::_exit(!entered ? 1 : Inode("/proc/self/ns/net") == there ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("kernel: a tree opened after entering shows that namespace" *
          doctest::skip(!RealKernelAsked())) {
  const Neighbour neighbour;
  const auto tree = OpenSysctlTree("/proc/sys");
  REQUIRE((*tree)->Write(Key("net.core.somaxconn"), "1234").has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    const bool entered = EnterNetworkNamespace(neighbour.pid()).has_value();
    const auto there = OpenSysctlTree("/proc/sys");
    const bool written = (*there)->Write(Key("net.core.somaxconn"), "4321").has_value();
    const auto shown = (*there)->Read(Key("net.core.somaxconn"));
    ::_exit(entered && written && shown && *shown == "4321\n" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK((*tree)->Read(Key("net.core.somaxconn")).value() == "1234\n");
}

TEST_CASE("namespaces: what is none is refused, in words") {
  const TempFolder folder;
  folder.Put("file", "");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const std::string& target :
       std::vector<std::string>{"", "no-such-name", "4194305", "/no/such/file", "-1", "0",
                                std::string("lo\0", 3), "99999999999999999999"}) {
    CAPTURE(target);
    const Status entered = EnterNetworkNamespace(target);
    REQUIRE_FALSE(entered.has_value());
    CHECK(entered.error().kind == ErrorKind::kNotFound);
    CHECK(entered.error().code == "no_such_namespace");
  }
  for (const std::string& target :
       {folder / "file", folder / "pipe", folder.path(), std::string("/proc/self/ns/user"),
        std::string("."), std::string("..")}) {
    CAPTURE(target);
    const Status entered = EnterNetworkNamespace(target);
    REQUIRE_FALSE(entered.has_value());
    CHECK(entered.error().code == "not_a_network_namespace");
  }
}

}  // namespace tunewire
