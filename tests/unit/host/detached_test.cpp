// A process that must outlive its caller: this test program starts itself again.
#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "host/systemd_run.h"
#include "support/temp_folder.h"
#include "tunewire/base/text.h"
#include "tunewire/host/detached.h"

namespace tunewire {
namespace {

constexpr std::string_view kInto = "--into=";

/// Waits a bounded time for a file that another process makes.
bool Appears(const std::string& path) {
  for (int i = 0; i < 1000; ++i) {
    if (std::filesystem::exists(path)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string FolderFromCommandLine() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string line{std::istreambuf_iterator<char>(in), {}};
  for (const std::string& word : Split(line, '\0')) {
    if (word.starts_with(kInto)) return word.substr(kInto.size());
  }
  return {};
}

std::string OpenDescriptors() {
  std::vector<std::string> shown;
  for (int fd = 0; fd < 256; ++fd) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
    if (!error) shown.push_back(std::to_string(fd) + "=" + target.string());
  }
  return Join(shown, " ");
}

std::string LineOf(const std::string& text, const std::string& name) {
  for (const std::string& line : Split(text, '\n')) {
    if (line.starts_with(name)) return std::string(Trim(line.substr(name.size())));
  }
  return "none";
}

std::string WholeFile(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

DetachedCommand StartHelper(const TempFolder& folder) {
  return {"tunewire-test",
          {"--no-skip", "--test-case=helper: detached", std::string(kInto) + folder.path()},
          std::chrono::seconds(0)};
}

}  // namespace

// Not a test: what the started process does. It says what it is, waits for "go", says it is done.
TEST_CASE("helper: detached" * doctest::skip()) {
  const std::string folder = FolderFromCommandLine();
  if (folder.empty()) return;
  const std::string descriptors = OpenDescriptors();
  const std::string status = WholeFile("/proc/self/status");
  {
    std::ofstream out(folder + "/facts.part");
    out << "pid " << ::getpid() << "\nsession " << ::getsid(0) << "\ngroup " << ::getpgid(0)
        << "\ncwd " << std::filesystem::current_path().string() << "\nfds " << descriptors
        << "\nblocked " << LineOf(status, "SigBlk:") << "\nignored " << LineOf(status, "SigIgn:")
        << "\nnet " << std::filesystem::read_symlink("/proc/self/ns/net").string() << "\nhome "
        << (std::getenv("HOME") == nullptr ? "unset" : "set") << "\n";
  }
  std::filesystem::rename(folder + "/facts.part", folder + "/facts");
  if (Appears(folder + "/go")) std::ofstream(folder + "/done") << "done\n";
}

TEST_CASE("detached: survives kill -9 of the caller's session, and keeps nothing of it") {
  const TempFolder folder;
  const pid_t caller = ::fork();
  if (caller == 0) {
    ::setsid();
    ::signal(SIGHUP, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::dup2(::open("/dev/null", O_RDONLY), 77);  // not closed on exec, as inherited ones are
    static_cast<void>(!::chdir("/tmp"));
    const auto by = StartDetached(StartHelper(folder));
    std::ofstream(folder / "by") << (by && *by == DetachedBy::kChildProcess ? "child" : "other");
    for (;;) ::pause();
  }
  REQUIRE(Appears(folder / "by"));
  REQUIRE(Appears(folder / "facts"));
  ::kill(-caller, SIGKILL);
  ::waitpid(caller, nullptr, 0);
  const std::string facts = folder.Get("facts");
  CAPTURE(facts);
  CHECK(LineOf(facts, "session ") != std::to_string(caller));
  CHECK(LineOf(facts, "group ") != std::to_string(caller));
  CHECK(LineOf(facts, "session ") != LineOf(facts, "pid "));
  CHECK(LineOf(facts, "cwd ") == "/");
  CHECK(LineOf(facts, "fds ") == "0=/dev/null 1=/dev/null 2=/dev/null");
  CHECK(LineOf(facts, "blocked ") == "0000000000000000");
  CHECK(LineOf(facts, "ignored ") == "0000000000000000");
  CHECK(LineOf(facts, "net ") == std::filesystem::read_symlink("/proc/self/ns/net").string());
  CHECK(LineOf(facts, "home ") == "unset");
  folder.Put("go", "");
  CHECK(Appears(folder / "done"));
}

TEST_CASE("detached: the caller has no child left to wait for") {
  const TempFolder folder;
  REQUIRE(StartDetached(StartHelper(folder)).has_value());
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  REQUIRE(Appears(folder / "facts"));
  folder.Put("go", "");
  CHECK(Appears(folder / "done"));
}

TEST_CASE("detached: the call of systemd-run") {
  DetachedCommand command{
      "tunewire-confirm-7f3a", {"recover", "--state-dir", "/x y"}, std::chrono::seconds(60)};
  const auto words = SystemdRunCall("/usr/bin/systemd-run", "/usr/sbin/tunewire", command);
  REQUIRE(words.has_value());
  CHECK(Join(*words, "|") ==
        "/usr/bin/systemd-run|--quiet|--collect|--no-ask-password|--unit=tunewire-confirm-7f3a|"
        "--on-active=60s|--timer-property=AccuracySec=100ms|--|/usr/sbin/tunewire|recover|"
        "--state-dir|/x y");
  for (const char* risky : {"/a$HOME", "/a%i"}) {
    command.arguments = {risky};
    CHECK_FALSE(SystemdRunCall("/usr/bin/systemd-run", "/usr/sbin/tunewire", command).has_value());
  }
}

}  // namespace tunewire
