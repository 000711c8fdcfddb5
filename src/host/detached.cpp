// Starting this program again so that it outlives whatever started it.
//
// With systemd: a transient timer, through systemd-run. The service runs in the first network
// namespace, so a caller elsewhere uses the other way. Otherwise: two forks and a session of its
// own; nothing of the caller's terminal, process group or descriptors is kept, its namespaces are.
#include "tunewire/host/detached.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/format.h"
#include "host/beneath.h"
#include "host/child_process.h"
#include "host/systemd_run.h"

namespace tunewire {
namespace {

constexpr const char* kSelf = "/proc/self/exe";
constexpr const char* kSystemdRun[] = {"/usr/bin/systemd-run", "/bin/systemd-run"};
constexpr int kPatienceMs = 10'000;

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// A process must not inherit what the caller does about signals.
void ResetSignals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void PointAtNothing() {
  const int nothing = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) {
    // Without /dev/null a closed descriptor is still better than the caller's.
    if (nothing < 0 || ::dup2(nothing, fd) < 0) ::close(fd);
  }
  if (nothing > 2) ::close(nothing);
}

/// Nothing of the caller's descriptors survives the exec, those included that it got from others.
void CloseOnExec() {
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = 3; fd < 1024; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// The caller's environment is not the later program's business.
char** Environment() {
  static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  static char* variables[] = {path, nullptr};
  return variables;
}

bool IsThere(const char* path) { return ::access(path, F_OK) == 0; }

bool SameFile(const char* a, const char* b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a, &first) == 0 && ::stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// The path of this program, where starting it by path gives this program.
std::string PathOfSelf() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink(kSelf, path.data(), path.size());
  if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return {};
  const std::string name(path.data(), static_cast<std::size_t>(length));
  return SameFile(kSelf, name.c_str()) ? name : std::string();
}

const char* SystemdRun() {
  const bool usable = IsThere("/run/systemd/system") &&
                      SameFile("/proc/self/ns/net", "/proc/1/ns/net") &&
                      SameFile("/proc/self/ns/mnt", "/proc/1/ns/mnt");
  if (!usable) return nullptr;
  for (const char* path : kSystemdRun) {
    if (::access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

bool StartTimer(const char* systemd_run, const DetachedCommand& command) {
  const std::string self = PathOfSelf();
  if (self.empty()) return false;
  std::optional<std::vector<std::string>> words = SystemdRunCall(systemd_run, self, command);
  if (!words) return false;
  const std::vector<char*> arguments = Pointers(*words);
  const pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) {
    ResetSignals();
    PointAtNothing();
    CloseOnExec();
    ::execve(arguments[0], arguments.data(), Environment());
    ::_exit(127);
  }
  return EndedWell(pid, kPatienceMs);
}

/// This program twice: its path gives the process its name, the descriptor still gives the program
/// where the file has been replaced meanwhile.
struct Program {
  std::string path;
  UniqueFd file;
};

/// In the grandchild: becomes the program, or says through `pipe` why not.
[[noreturn]] void BecomeProgram(const Program& program, const std::vector<char*>& arguments,
                                int pipe) {
  ResetSignals();
  PointAtNothing();
  CloseOnExec();
  ::umask(022);
  if (::chdir("/") == 0) {
    if (!program.path.empty()) {
      ::execve(program.path.c_str(), arguments.data(), Environment());
    }
    ::fexecve(program.file.get(), arguments.data(), Environment());
  }
  const int os_error = errno;
  static_cast<void>(!::write(pipe, &os_error, sizeof os_error));
  ::_exit(127);
}

[[noreturn]] void LeaveSession(const Program& program, const std::vector<char*>& arguments,
                               int pipe) {
  // The second fork makes it no session leader: it can never get a terminal again.
  const pid_t pid = ::setsid() < 0 ? -1 : ::fork();
  if (pid == 0) BecomeProgram(program, arguments, pipe);
  const int os_error = errno;
  if (pid < 0) static_cast<void>(!::write(pipe, &os_error, sizeof os_error));
  ::_exit(0);
}

/// The errno that came through the pipe; 0 where exec closed it without a word.
int Heard(int pipe) {
  int os_error = 0;
  for (;;) {
    const ssize_t got = ::read(pipe, &os_error, sizeof os_error);
    if (got < 0 && errno == EINTR) continue;
    return got == 0 ? 0 : got == sizeof os_error ? os_error : EIO;
  }
}

Error NotStarted(const char* operation, int os_error) {
  return SystemError(operation, "the detached process", os_error);
}

Status StartProcess(const DetachedCommand& command) {
  const Program program{PathOfSelf(), OpenFile(kSelf, O_PATH)};
  if (!program.file.valid()) return Fail(NotStarted("open", errno));
  std::vector<std::string> words{"tunewire"};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  const std::vector<char*> arguments = Pointers(words);
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(NotStarted("pipe", errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Fail(NotStarted("fork", errno));
  if (pid == 0) LeaveSession(program, arguments, writing.get());
  writing.Reset();
  WaitFor(pid);
  if (const int os_error = Heard(reading.get()); os_error != 0) {
    return Fail(NotStarted("exec", os_error));
  }
  return {};
}

}  // namespace

Result<DetachedBy> StartDetached(const DetachedCommand& command) {
  const char* systemd_run = SystemdRun();
  if (systemd_run != nullptr && StartTimer(systemd_run, command)) return DetachedBy::kSystemdTimer;
  if (Status started = StartProcess(command); !started) return Fail(std::move(started.error()));
  return DetachedBy::kChildProcess;
}

}  // namespace tunewire
