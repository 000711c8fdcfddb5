#include "host/scratch_writes.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/format.h"
#include "host/beneath.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Verdict = RehearsedWrite::Verdict;

constexpr const char* kAvailable = "net/ipv4/tcp_available_congestion_control";

bool SameFile(int a, int b) {
  struct stat first {};
  struct stat second {};
  // In doubt it is the same: then it is left alone.
  if (::fstat(a, &first) != 0 || ::fstat(b, &second) != 0) return true;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// What the scratch namespace cannot judge: there the caller has other rights than outside, and a
/// congestion control may be restricted to the first namespace.
bool ConcernsRights(int os_error) {
  return os_error == EPERM || os_error == EACCES || os_error == EROFS;
}

RehearsedWrite NotPossible(int os_error) { return {Verdict::kNotPossible, os_error, {}}; }

void WriteSelf(const char* path, const std::string& text) {
  const UniqueFd fd = OpenFile(path, O_WRONLY);
  if (fd.valid()) static_cast<void>(!::write(fd.get(), text.data(), text.size()));
}

}  // namespace

Result<ScratchWrites> ScratchWrites::Prepare(std::span<const KeyText> writes) {
  ScratchWrites prepared;
  prepared.folder_ = OpenFile("/proc/sys", O_PATH | O_DIRECTORY);
  struct stat status {};
  if (!prepared.folder_.valid() || ::fstat(prepared.folder_.get(), &status) != 0)
    return Fail(SystemError("open", "/proc/sys", errno));
  prepared.device_ = status.st_dev;
  for (const KeyText& write : writes) {
    Trial trial{&write, {}};
    if (write.key.path().starts_with("net/"))
      trial.outside = prepared.Open(write.key.path(), O_PATH);
    prepared.trials_.push_back(std::move(trial));
  }
  return prepared;
}

RehearsedWrite ScratchWrites::Try(std::size_t index) const {
  const Trial& trial = trials_[index];
  if (!trial.outside.valid()) return NotPossible(0);
  const KeyText& write = *trial.write;
  if (NamesAnUnloadedAlgorithm(write)) return NotPossible(ENOENT);
  const UniqueFd fd = Open(write.key.path(), O_WRONLY);
  if (!fd.valid()) return NotPossible(errno);
  if (SameFile(fd.get(), trial.outside.get())) return NotPossible(0);
  const ssize_t written = ::write(fd.get(), write.text.data(), write.text.size());
  if (written < 0 && ConcernsRights(errno)) return NotPossible(errno);
  if (written < 0) return {Verdict::kRefused, errno, {}};
  // A short write took some fields and not the rest: more were given than the key has.
  if (static_cast<std::size_t>(written) != write.text.size())
    return {Verdict::kRefused, EINVAL, {}};
  return ReadBack(write);
}

UniqueFd ScratchWrites::Open(std::string_view path, int flags) const {
  return OpenBeneathOnDevice(folder_.get(), path, flags, device_);
}

bool ScratchWrites::NamesAnUnloadedAlgorithm(const KeyText& write) const {
  if (write.key.path() != "net/ipv4/tcp_congestion_control") return false;
  const UniqueFd fd = Open(kAvailable, O_RDONLY);
  if (!fd.valid()) return true;
  const Result<std::string> text = ReadAll(fd.get(), kAvailable);
  if (!text) return true;
  const std::vector<std::string> loaded = SplitWords(*text);
  const std::string wanted(Trim(write.text));
  return std::find(loaded.begin(), loaded.end(), wanted) == loaded.end();
}

RehearsedWrite ScratchWrites::ReadBack(const KeyText& write) const {
  RehearsedWrite judged{Verdict::kAccepted, 0, {}};
  const UniqueFd fd = Open(write.key.path(), O_RDONLY);
  if (!fd.valid()) return judged;  // write-only keys show nothing
  Result<std::string> text = ReadAll(fd.get(), write.key.path());
  if (text) judged.stored = std::move(*text);
  return judged;
}

int LeaveNetworkNamespace() {
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

}  // namespace tunewire
