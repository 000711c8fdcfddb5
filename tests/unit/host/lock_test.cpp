// The lock between processes.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/temp_folder.h"
#include "tunewire/host/lock.h"

namespace tunewire {
namespace {

/// What another process gets: 'h' held, 'b' busy, 'e' another error.
char InAnotherProcess(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock(path)->TryLock();
    ::_exit(lock ? 'h' : lock.error().kind == ErrorKind::kBusy ? 'b' : 'e');
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return static_cast<char>(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("lock: one at a time, until it is destroyed") {
  const TempFolder folder;
  const std::string path = folder / "run/tunewire/lock";
  {
    const auto held = FileLock(path)->TryLock();
    REQUIRE(held.has_value());
    CHECK(InAnotherProcess(path) == 'b');
    const auto again = FileLock(path)->TryLock();
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().code == "busy");
  }
  CHECK(InAnotherProcess(path) == 'h');
  CHECK(FileLock(path)->TryLock().has_value());
}

TEST_CASE("lock: released by the kernel when its holder is killed") {
  const TempFolder folder;
  const std::string path = folder / "lock";
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = FileLock(path)->TryLock();
    static_cast<void>(!::write(ready[1], held ? "h" : "b", 1));
    for (;;) ::pause();
  }
  char state = 0;
  REQUIRE(::read(ready[0], &state, 1) == 1);
  CHECK(state == 'h');
  CHECK(FileLock(path)->TryLock().error().kind == ErrorKind::kBusy);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(FileLock(path)->TryLock().has_value());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("lock: a replaced file is a new lock, and a link is none") {
  const TempFolder folder;
  const std::string path = folder / "lock";
  const auto held = FileLock(path)->TryLock();
  REQUIRE(held.has_value());
  std::filesystem::remove(path);
  CHECK(FileLock(path)->TryLock().has_value());
  folder.Put("elsewhere", "");
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder / "elsewhere", path);
  CHECK_FALSE(FileLock(path)->TryLock().has_value());
}

TEST_CASE("lock: its file is for its owner alone, its folder for all to enter") {
  const TempFolder folder;
  const auto held = FileLock(folder / "run/lock")->TryLock();
  REQUIRE(held.has_value());
  struct stat status {};
  REQUIRE(::stat((folder / "run/lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(::stat((folder / "run").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0755);
}

TEST_CASE("lock: a place that cannot be made is an error of its own") {
  const auto lock = FileLock("/proc/tunewire/lock")->TryLock();
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().kind != ErrorKind::kBusy);
}

}  // namespace tunewire
