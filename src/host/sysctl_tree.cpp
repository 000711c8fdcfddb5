// The tree below /proc/sys through one folder descriptor. What a folder shows is decided by the
// network namespace of the task that opens it, at that moment.
#include "tunewire/host/sysctl_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/format.h"
#include "host/beneath.h"

namespace tunewire {
namespace {

constexpr int kDeepest = 16;

Error KeyError(const char* operation, const SysctlKey& key, int os_error) {
  Error error = SystemError(operation, key.name(), os_error);
  if (std::strcmp(operation, "open") != 0) {
    if (os_error != ENOENT) return error;
    // The key is there; what was written names an algorithm or discipline that is not.
    error.kind = ErrorKind::kInvalid;
    error.code = "no_such_value";
    error.message = Format("{} knows no such name (ENOENT)", key.name());
    return error;
  }
  if (os_error == ENOENT || os_error == ENOTDIR) {
    error.code = "no_such_key";
    error.message = Format("there is no {}", key.name());
  } else if (os_error == ELOOP || os_error == EXDEV) {
    error.kind = ErrorKind::kUnsupported;
    error.code = "outside_tree";
    error.message = Format("{} leads out of the tree", key.name());
  }
  return error;
}

struct Entry {
  std::string name;
  bool folder = false;
};

unsigned char TypeOf(int folder, const char* name, unsigned char told) {
  if (told != DT_UNKNOWN) return told;
  struct stat status {};
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  return static_cast<unsigned char>(IFTODT(status.st_mode));
}

/// Regular files and folders in an open folder; links, pipes and devices are no keys.
Result<std::vector<Entry>> ReadFolder(int folder, const std::string& subject) {
  std::vector<Entry> entries;
  alignas(dirent64) std::array<char, 32768> buffer;
  for (;;) {
    const ssize_t got = ::getdents64(folder, buffer.data(), buffer.size());
    if (got < 0) return Fail(SystemError("list", subject, errno));
    if (got == 0) return entries;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const unsigned char type = TypeOf(folder, entry->d_name, entry->d_type);
      if (type == DT_REG || type == DT_DIR) entries.push_back({std::string(name), type == DT_DIR});
    }
  }
}

bool WritableByCaller(int fd, int* os_error) {
  const long answer = ::syscall(SYS_faccessat2, fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH);
  *os_error = answer == 0 ? 0 : errno;
  return answer == 0;
}

bool OnReadOnlyMount(int fd) {
  struct statvfs mount {};
  return ::fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

class LinuxSysctlTree : public SysctlTree {
 public:
  LinuxSysctlTree(UniqueFd root, bool is_proc, dev_t device)
      : root_(std::move(root)), is_proc_(is_proc), device_(device) {}

  Result<std::string> Read(const SysctlKey& key) const override;
  Status Write(const SysctlKey& key, std::string_view text) override;
  KeyState State(const SysctlKey& key) const override;
  Result<std::vector<SysctlKey>> List(std::string_view folder) const override;
  Result<std::vector<std::string>> Names(std::string_view folder) const override;

 private:
  UniqueFd Open(int folder, std::string_view path, int flags) const;
  UniqueFd OpenNear(const std::string& path, int flags) const;
  bool StandInAllows(const SysctlKey& key, mode_t needed) const;
  UniqueFd OpenToRead(const SysctlKey& key) const;
  UniqueFd OpenToWrite(const SysctlKey& key) const;
  Result<UniqueFd> OpenFolder(std::string_view folder) const;
  Status Walk(int folder, const std::string& path, int depth, std::vector<SysctlKey>& keys) const;
  Status WriteStandIn(int fd, const SysctlKey& key, std::string_view text) const;

  UniqueFd root_;
  bool is_proc_;
  dev_t device_;
  mutable UniqueFd last_folder_;
  mutable std::string last_parent_;
};

UniqueFd LinuxSysctlTree::Open(int folder, std::string_view path, int flags) const {
  return is_proc_ ? OpenBeneathOnDevice(folder, path, flags, device_)
                  : OpenBeneath(folder, path, flags);
}

/// Most of a read's time goes into walking the path, and keys are mostly read folder by folder: the
/// folder of the last key stays open. A key not found there is looked up afresh, because a folder
/// goes with its interface and may come back.
UniqueFd LinuxSysctlTree::OpenNear(const std::string& path, int flags) const {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return Open(root_.get(), path, flags);
  const std::string_view parent = std::string_view(path).substr(0, slash);
  const std::string_view name = std::string_view(path).substr(slash + 1);
  if (last_folder_.valid() && last_parent_ == parent) {
    UniqueFd fd = Open(last_folder_.get(), name, flags);
    if (fd.valid() || errno != ENOENT) return fd;
  }
  last_folder_ = Open(root_.get(), parent, O_PATH | O_DIRECTORY);
  last_parent_ = parent;
  return last_folder_.valid() ? Open(last_folder_.get(), name, flags) : UniqueFd();
}

/// In a folder standing in for /proc/sys, anything may lie in a key's place: what is no regular
/// file is not even opened, because opening a device can have effects. Its mode binds root too, as
/// the real tree's does.
bool LinuxSysctlTree::StandInAllows(const SysctlKey& key, mode_t needed) const {
  const UniqueFd fd = OpenNear(key.path(), O_PATH);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return false;
  if (S_ISREG(status.st_mode) && (status.st_mode & needed) != 0) return true;
  errno = S_ISREG(status.st_mode) ? EACCES : ENOENT;
  return false;
}

UniqueFd LinuxSysctlTree::OpenToRead(const SysctlKey& key) const {
  if (!is_proc_ && !StandInAllows(key, 0444)) return UniqueFd();
  return OpenNear(key.path(), O_RDONLY);
}

/// A write takes the whole path: what it changes is never decided by a folder opened earlier.
UniqueFd LinuxSysctlTree::OpenToWrite(const SysctlKey& key) const {
  if (!is_proc_ && !StandInAllows(key, 0222)) return UniqueFd();
  return Open(root_.get(), key.path(), O_WRONLY);
}

Result<std::string> LinuxSysctlTree::Read(const SysctlKey& key) const {
  const UniqueFd fd = OpenToRead(key);
  if (!fd.valid()) return Fail(KeyError("open", key, errno));
  Result<std::string> bytes = ReadAll(fd.get(), key.name());
  // A folder opens for reading; as a key it does not exist.
  if (!bytes && bytes.error().os_error == EISDIR) return Fail(KeyError("open", key, ENOENT));
  return bytes;
}

Status LinuxSysctlTree::Write(const SysctlKey& key, std::string_view text) {
  const UniqueFd fd = OpenToWrite(key);
  if (!fd.valid()) return Fail(KeyError("open", key, errno == EISDIR ? ENOENT : errno));
  if (!is_proc_) return WriteStandIn(fd.get(), key, text);
  const ssize_t written = ::write(fd.get(), text.data(), text.size());
  if (written < 0) return Fail(KeyError("write", key, errno));
  if (static_cast<std::size_t>(written) == text.size()) return {};
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "short_write";
  error.operation = "write";
  error.subject = key.name();
  error.message =
      Format("the kernel took only {} of {} bytes of {}", written, text.size(), key.name());
  return Fail(std::move(error));
}

/// A captured tree keeps what reading the real key would show: the text and one newline.
Status LinuxSysctlTree::WriteStandIn(int fd, const SysctlKey& key, std::string_view text) const {
  std::string line(text);
  if (!line.ends_with('\n')) line += '\n';
  if (::ftruncate(fd, 0) != 0) return Fail(KeyError("write", key, errno));
  const ssize_t written = ::pwrite(fd, line.data(), line.size(), 0);
  if (written < 0) return Fail(KeyError("write", key, errno));
  if (static_cast<std::size_t>(written) != line.size()) return Fail(KeyError("write", key, ENOSPC));
  return {};
}

KeyState LinuxSysctlTree::State(const SysctlKey& key) const {
  using Access = KeyState::Access;
  const UniqueFd fd = OpenNear(key.path(), O_PATH);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return {Access::kAbsent};
  }
  if ((status.st_mode & 0222) == 0) return {Access::kReadOnly};
  int os_error = 0;
  if (WritableByCaller(fd.get(), &os_error)) {
    return {(status.st_mode & 0444) == 0 ? Access::kWriteOnly : Access::kReadWrite};
  }
  if (os_error == EROFS || OnReadOnlyMount(fd.get())) return {Access::kReadOnlyMount};
  return {Access::kNotPermitted};
}

Result<UniqueFd> LinuxSysctlTree::OpenFolder(std::string_view folder) const {
  UniqueFd fd = Open(root_.get(), folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (fd.valid() || errno == ENOENT || errno == ENOTDIR) return fd;
  return Fail(SystemError("open", std::string(folder), errno));
}

Status LinuxSysctlTree::Walk(int folder, const std::string& path, int depth,
                             std::vector<SysctlKey>& keys) const {
  Result<std::vector<Entry>> entries = ReadFolder(folder, path);
  if (!entries) return Fail(std::move(entries.error()));
  for (const Entry& entry : *entries) {
    const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    if (!entry.folder) {
      Result<SysctlKey> key = SysctlKey::Parse(below);
      if (key && key->path() == below) keys.push_back(std::move(*key));
      continue;
    }
    if (depth == kDeepest) continue;
    const UniqueFd next = Open(folder, entry.name, O_RDONLY | O_DIRECTORY);
    if (!next.valid()) continue;  // gone meanwhile, another mount, or not for this user
    if (Status status = Walk(next.get(), below, depth + 1, keys); !status) return status;
  }
  return {};
}

Result<std::vector<SysctlKey>> LinuxSysctlTree::List(std::string_view folder) const {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  std::vector<SysctlKey> keys;
  Result<UniqueFd> fd = OpenFolder(folder);
  if (!fd) return Fail(std::move(fd.error()));
  if (!fd->valid()) return keys;
  if (Status status = Walk(fd->get(), std::string(folder), 0, keys); !status) {
    return Fail(std::move(status.error()));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

Result<std::vector<std::string>> LinuxSysctlTree::Names(std::string_view folder) const {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  std::vector<std::string> names;
  Result<UniqueFd> fd = OpenFolder(folder);
  if (!fd) return Fail(std::move(fd.error()));
  if (!fd->valid()) return names;
  Result<std::vector<Entry>> entries = ReadFolder(fd->get(), std::string(folder));
  if (!entries) return Fail(std::move(entries.error()));
  for (Entry& entry : *entries) names.push_back(std::move(entry.name));
  std::sort(names.begin(), names.end());
  return names;
}

Error NoTree(const std::string& root, int os_error) {
  Error error = SystemError("open", root, os_error);
  if (error.kind == ErrorKind::kNotFound) {
    error.code = "no_such_folder";
    error.message = Format("there is no folder {}", root);
  }
  return error;
}

}  // namespace

Result<std::unique_ptr<SysctlTree>> OpenSysctlTree(const std::string& root) {
  UniqueFd fd = OpenFile(root.c_str(), O_PATH | O_DIRECTORY);
  struct statfs system {};
  struct stat status {};
  if (!fd.valid() || ::fstatfs(fd.get(), &system) != 0 || ::fstat(fd.get(), &status) != 0) {
    return Fail(NoTree(root, errno));
  }
  if (const UniqueFd probe = OpenBeneath(fd.get(), ".", O_PATH); !probe.valid()) {
    Error error = SystemError("openat2", root, errno);
    error.hint = "Linux 5.6 or newer is needed, and a sandbox that allows openat2";
    return Fail(std::move(error));
  }
  const bool is_proc = system.f_type == PROC_SUPER_MAGIC;
  return std::make_unique<LinuxSysctlTree>(std::move(fd), is_proc, status.st_dev);
}

}  // namespace tunewire
