#include "tunewire/host/privileges.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>
#include <thread>

namespace tunewire {
namespace {

std::string StatusLine(const std::string& name) {
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return line.substr(name.size() + 2);
  }
  return {};
}

/// What `body` answers in a process of its own, for there is no way back.
int InChild(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool HasNothing() {
  const std::string none(16, '0');
  return StatusLine("CapEff") == none && StatusLine("CapPrm") == none &&
         StatusLine("CapInh") == none && StatusLine("NoNewPrivs") == "1";
}

}  // namespace

TEST_CASE("root is given up in every thread, and there is no way back") {
  if (::geteuid() != 0) return;  // the next case covers ordinary users
  CHECK(InChild([] {
          std::string other;
          bool go = false;
          std::thread beside([&] {
            while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE)) ::usleep(1000);
            other = StatusLine("Uid");
          });
          const Status dropped = DropRoot();
          __atomic_store_n(&go, true, __ATOMIC_RELEASE);
          beside.join();
          if (!dropped) return 1;
          if (StatusLine("Uid") != "65534\t65534\t65534\t65534") return 2;
          if (other != StatusLine("Uid")) return 3;
          if (StatusLine("Gid") != "65534\t65534\t65534\t65534") return 4;
          if (::getgroups(0, nullptr) != 0) return 5;
          if (!HasNothing()) return 6;
          return ::setuid(0) == 0 ? 7 : 0;
        }) == 0);
}

TEST_CASE("an ordinary user stays who it is") {
  CHECK(InChild([] {
          if (::geteuid() == 0 && ::setuid(12345) != 0) return 1;
          const uid_t before = ::getuid();
          if (!DropRoot()) return 2;
          return ::getuid() == before && HasNothing() ? 0 : 3;
        }) == 0);
}

TEST_CASE("root of a user namespace with one user has no capability left") {
  const int answer = InChild([] {
    const std::string map = "0 " + std::to_string(::getuid()) + " 1\n";
    if (::unshare(CLONE_NEWUSER) != 0) return 77;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << map;
    if (::getuid() != 0) return 77;
    if (!DropRoot()) return 2;
    if (!HasNothing()) return 3;
    return ::unshare(CLONE_NEWNET) == 0 ? 4 : 0;
  });
  if (answer == 77) {
    MESSAGE("no user namespace here: not tested");
    return;
  }
  CHECK(answer == 0);
}

}  // namespace tunewire
