// Trying writes in a network namespace that exists for a moment.
//
// A child leaves the caller's network namespace, writes, reads back and reports through a pipe.
// What keeps it from changing the host stands in scratch_writes.h.
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
#include "host/scratch_writes.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Verdict = RehearsedWrite::Verdict;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBound{2000};

/// What crosses the pipe: first one record for entering the namespace, then one for each write,
/// followed by `length` bytes of what was stored. Smaller than PIPE_BUF, so each arrives whole.
struct Record {
  Verdict verdict = Verdict::kNotPossible;
  int os_error = 0;
  std::uint32_t length = 0;
};
constexpr std::size_t kLongestStored = 2048;

struct Judged {
  Record record;
  std::string stored;
};

Judged Judge(const ScratchWrites& writes, std::size_t index) {
  RehearsedWrite tried = writes.Try(index);
  // What is longer cannot cross the pipe whole, and no key that is written shows as much.
  if (tried.stored.size() > kLongestStored) tried.stored.clear();
  return {{tried.verdict, tried.os_error, 0}, std::move(tried.stored)};
}

bool Report(int pipe, Judged judged) {
  judged.record.length = static_cast<std::uint32_t>(judged.stored.size());
  std::string bytes(reinterpret_cast<const char*>(&judged.record), sizeof judged.record);
  bytes += judged.stored;
  return ::write(pipe, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

[[noreturn]] void RunChild(const ScratchWrites& writes, int pipe, pid_t parent) {
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const int refused = LeaveNetworkNamespace();
  Judged entered{{refused == 0 ? Verdict::kAccepted : Verdict::kRefused, refused, 0}, {}};
  bool heard = Report(pipe, std::move(entered));
  for (std::size_t i = 0; heard && refused == 0 && i < writes.size(); ++i) {
    heard = Report(pipe, Judge(writes, i));
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

Result<std::vector<RehearsedWrite>> ScratchRehearsal::Try(std::span<const KeyText> writes) {
  const Result<ScratchWrites> prepared = ScratchWrites::Prepare(writes);
  if (!prepared) return Fail(prepared.error());
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(SystemError("pipe", "rehearsal", errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Fail(SystemError("fork", "rehearsal", errno));
  if (pid == 0) RunChild(*prepared, writing.get(), parent);
  const Child child(pid);
  writing.Reset();
  const std::vector<Judged> reports = Listen(reading.get(), writes.size() + 1);
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
