// Trying writes in a network namespace that exists for a moment.
//
// A child leaves the caller's network namespace, writes, reads back and reports through a pipe. It
// must not be able to change the host:
//   - only keys below net/ are tried: all others are one value for the machine, seen everywhere;
//   - a key that is the same file inside as outside belongs to the host, and is left alone;
//   - an algorithm that is not loaded is not named: the kernel would load a module for it.
#include "tunewire/host/rehearsal.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/format.h"
#include "host/beneath.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Verdict = RehearsedWrite::Verdict;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBound{2000};
constexpr const char* kAvailable = "net/ipv4/tcp_available_congestion_control";

/// What crosses the pipe: first one record for entering the namespace, then one for each write,
/// followed by `length` bytes of what was stored. Smaller than PIPE_BUF, so each arrives whole.
struct Record {
  Verdict verdict = Verdict::kNotPossible;
  int os_error = 0;
  std::uint32_t length = 0;
};
constexpr std::size_t kLongestStored = 2048;

/// /proc/sys, and the file system it belongs to.
struct Root {
  UniqueFd folder;
  dev_t device = 0;

  UniqueFd Open(std::string_view path, int flags) const {
    return OpenBeneathOnDevice(folder.get(), path, flags, device);
  }
};

struct Trial {
  const KeyText* write = nullptr;
  UniqueFd outside;  ///< the caller's own key, only looked at; invalid where it is not to be tried
};

bool SameFile(int a, int b) {
  struct stat first {};
  struct stat second {};
  // In doubt it is the same: then it is left alone.
  if (::fstat(a, &first) != 0 || ::fstat(b, &second) != 0) return true;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool NamesAnUnloadedAlgorithm(const Root& root, const KeyText& write) {
  if (write.key.path() != "net/ipv4/tcp_congestion_control") return false;
  const UniqueFd fd = root.Open(kAvailable, O_RDONLY);
  if (!fd.valid()) return true;
  const Result<std::string> text = ReadAll(fd.get(), kAvailable);
  if (!text) return true;
  const std::vector<std::string> loaded = SplitWords(*text);
  const std::string wanted(Trim(write.text));
  return std::find(loaded.begin(), loaded.end(), wanted) == loaded.end();
}

/// What the scratch namespace cannot judge: there the caller has other rights than outside, and a
/// congestion control may be restricted to the first namespace.
bool ConcernsRights(int os_error) {
  return os_error == EPERM || os_error == EACCES || os_error == EROFS;
}

struct Judged {
  Record record;
  std::string stored;
};

Judged NotPossible(int os_error) { return {{Verdict::kNotPossible, os_error, 0}, {}}; }

Judged ReadBack(const Root& root, const KeyText& write) {
  Judged judged{{Verdict::kAccepted, 0, 0}, {}};
  const UniqueFd fd = root.Open(write.key.path(), O_RDONLY);
  if (!fd.valid()) return judged;  // write-only keys show nothing
  Result<std::string> text = ReadAll(fd.get(), write.key.path());
  if (text && text->size() <= kLongestStored) judged.stored = std::move(*text);
  return judged;
}

Judged TryOne(const Root& root, const Trial& trial) {
  if (!trial.outside.valid()) return NotPossible(0);
  if (NamesAnUnloadedAlgorithm(root, *trial.write)) return NotPossible(ENOENT);
  const KeyText& write = *trial.write;
  const UniqueFd fd = root.Open(write.key.path(), O_WRONLY);
  if (!fd.valid()) return NotPossible(errno);
  if (SameFile(fd.get(), trial.outside.get())) return NotPossible(0);
  const ssize_t written = ::write(fd.get(), write.text.data(), write.text.size());
  if (written < 0 && ConcernsRights(errno)) return NotPossible(errno);
  if (written < 0) return {{Verdict::kRefused, errno, 0}, {}};
  // A short write took some fields and not the rest: more were given than the key has.
  if (static_cast<std::size_t>(written) != write.text.size()) {
    return {{Verdict::kRefused, EINVAL, 0}, {}};
  }
  return ReadBack(root, write);
}

bool Report(int pipe, Judged judged) {
  judged.record.length = static_cast<std::uint32_t>(judged.stored.size());
  std::string bytes(reinterpret_cast<const char*>(&judged.record), sizeof judged.record);
  bytes += judged.stored;
  return ::write(pipe, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

void WriteSelf(const char* path, const std::string& text) {
  const UniqueFd fd = OpenFile(path, O_WRONLY);
  if (fd.valid()) static_cast<void>(!::write(fd.get(), text.data(), text.size()));
}

/// Into a new network namespace; where the caller may not, inside a user namespace of its own.
int LeaveNamespaces() {
  if (::unshare(CLONE_NEWNET) == 0) return 0;
  if (errno != EPERM) return errno;
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return errno;
  // A convenience for keys that look at user ids. The namespace's capabilities suffice for most, so
  // a refused mapping ends nothing.
  WriteSelf("/proc/self/setgroups", "deny");
  WriteSelf("/proc/self/uid_map", Format("0 {} 1", uid));
  WriteSelf("/proc/self/gid_map", Format("0 {} 1", gid));
  return 0;
}

[[noreturn]] void RunChild(const Root& root, const std::vector<Trial>& trials, int pipe,
                           pid_t parent) {
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const int refused = LeaveNamespaces();
  Judged entered{{refused == 0 ? Verdict::kAccepted : Verdict::kRefused, refused, 0}, {}};
  bool heard = Report(pipe, std::move(entered));
  for (std::size_t i = 0; heard && refused == 0 && i < trials.size(); ++i) {
    heard = Report(pipe, TryOne(root, trials[i]));
  }
  ::_exit(0);
}

/// The child's end, whatever way: no zombie stays behind.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    // Not yet waited for, so the id is still the child's.
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  pid_t pid_;
};

/// Waits for bytes until the deadline. False at the end of the stream and when time is up.
bool ReadMore(int pipe, steady_clock::time_point deadline, std::string& bytes) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wait{pipe, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    std::array<char, 65536> part;
    const ssize_t got = ::read(pipe, part.data(), part.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return false;
    bytes.append(part.data(), static_cast<std::size_t>(got));
    return true;
  }
}

/// Takes one whole report off the front of `bytes`.
std::optional<Judged> TakeReport(std::string& bytes) {
  Judged judged;
  if (bytes.size() < sizeof judged.record) return std::nullopt;
  std::memcpy(&judged.record, bytes.data(), sizeof judged.record);
  const std::size_t whole = sizeof judged.record + judged.record.length;
  if (bytes.size() < whole) return std::nullopt;
  judged.stored = bytes.substr(sizeof judged.record, judged.record.length);
  bytes.erase(0, whole);
  return judged;
}

/// Every report that comes before the stream or the time ends; `most` of them.
std::vector<Judged> Listen(int pipe, std::size_t most) {
  const auto deadline = steady_clock::now() + kBound;
  std::vector<Judged> reports;
  std::string bytes;
  while (reports.size() < most) {
    if (std::optional<Judged> report = TakeReport(bytes)) {
      reports.push_back(std::move(*report));
    } else if (!ReadMore(pipe, deadline, bytes)) {
      break;
    }
  }
  return reports;
}

Error NoNamespace(int os_error) {
  Error error = SystemError("unshare", "network namespace", os_error);
  if (error.kind != ErrorKind::kNotPermitted) error.kind = ErrorKind::kUnsupported;
  error.code = "no_namespace";
  error.message = Format("no scratch network namespace: {}", DescribeErrno(os_error));
  error.hint = "the kernel's own verdict on these values comes when they are written";
  return error;
}

class ScratchRehearsal : public Rehearsal {
 public:
  Result<std::vector<RehearsedWrite>> Try(std::span<const KeyText> writes) override;
};

std::vector<Trial> Prepare(const Root& root, std::span<const KeyText> writes) {
  std::vector<Trial> trials;
  for (const KeyText& write : writes) {
    Trial trial{&write, {}};
    if (write.key.path().starts_with("net/")) {
      trial.outside = root.Open(write.key.path(), O_PATH);
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

Result<std::vector<RehearsedWrite>> ScratchRehearsal::Try(std::span<const KeyText> writes) {
  Root root{OpenFile("/proc/sys", O_PATH | O_DIRECTORY)};
  struct stat status {};
  if (!root.folder.valid() || ::fstat(root.folder.get(), &status) != 0)
    return Fail(SystemError("open", "/proc/sys", errno));
  root.device = status.st_dev;
  const std::vector<Trial> trials = Prepare(root, writes);
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(SystemError("pipe", "rehearsal", errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Fail(SystemError("fork", "rehearsal", errno));
  if (pid == 0) RunChild(root, trials, writing.get(), parent);
  const Child child(pid);
  writing.Reset();
  const std::vector<Judged> reports = Listen(reading.get(), trials.size() + 1);
  if (reports.empty()) return Fail(NoNamespace(ETIMEDOUT));
  if (reports[0].record.verdict != Verdict::kAccepted) {
    return Fail(NoNamespace(reports[0].record.os_error));
  }
  // What was not reached in time stays "not possible".
  std::vector<RehearsedWrite> verdicts(writes.size());
  for (std::size_t i = 1; i < reports.size(); ++i) {
    const Judged& judged = reports[i];
    verdicts[i - 1] = {judged.record.verdict, judged.record.os_error, judged.stored};
  }
  return verdicts;
}

}  // namespace

std::unique_ptr<Rehearsal> ScratchNamespace() { return std::make_unique<ScratchRehearsal>(); }

}  // namespace tunewire
