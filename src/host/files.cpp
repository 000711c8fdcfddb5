// Files on the running system: every step that can fail or be lost is its own call.
#include "tunewire/host/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/format.h"
#include "host/beneath.h"

namespace tunewire {
namespace {

Error FileError(ErrorKind kind, const char* code, const std::string& path, std::string message) {
  Error error;
  error.kind = kind;
  error.code = code;
  error.subject = path;
  error.message = std::move(message);
  return error;
}

Error NotAFile(const std::string& path) {
  return FileError(ErrorKind::kInvalid, "not_a_file", path,
                   Format("{} is not a regular file", path));
}

Error OpenError(const char* operation, const std::string& path, int os_error) {
  Error error = SystemError(operation, path, os_error);
  if (os_error == ENOENT || os_error == ENOTDIR) {
    error.code = "no_such_file";
    error.message = Format("there is no {}", path);
  } else if (os_error == ELOOP) {
    error.kind = ErrorKind::kInvalid;
    error.code = "symbolic_link";
    error.message = Format("{} is a symbolic link", path);
  }
  return error;
}

/// A path with a NUL byte would name another file to the kernel.
bool HasNul(const std::string& path) { return path.find('\0') != std::string::npos; }

Status RefuseLink(const char* operation, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
    return Fail(OpenError(operation, path, ELOOP));
  }
  return {};
}

Status WriteAll(int fd, const std::string& path, std::string_view bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(SystemError("write", path, errno));
    if (written == 0) return Fail(SystemError("write", path, ENOSPC));
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
  return {};
}

Status WriteZeros(int fd, const std::string& path, std::size_t offset, std::size_t size) {
  static constexpr std::array<char, 4096> kZeros{};
  while (size > 0) {
    const std::size_t part = std::min(size, kZeros.size());
    if (Status status = WriteAll(fd, path, {kZeros.data(), part}, offset); !status) return status;
    offset += part;
    size -= part;
  }
  return {};
}

/// Blocks behind the content, so that a later overwrite needs none. Where the file system cannot
/// reserve, zeros are written: the next best promise.
Status Reserve(int fd, const std::string& path, std::size_t offset, std::size_t size) {
  if (size == 0) return {};
  int answer = 0;
  do {
    answer = ::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(size));
  } while (answer != 0 && errno == EINTR);
  if (answer == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return WriteZeros(fd, path, offset, size);
  return Fail(SystemError("fallocate", path, errno));
}

Status SyncFd(int fd, const char* operation, const std::string& path) {
  int answer = 0;
  do {
    answer = ::fsync(fd);
  } while (answer != 0 && errno == EINTR);
  if (answer == 0) return {};
  return Fail(SystemError(operation, path, errno));
}

/// Reads to the end whatever the size claims: files of procfs claim none.
Result<std::string> ReadUpTo(int fd, const std::string& path, std::size_t expected,
                             std::size_t limit) {
  std::string bytes;
  bytes.reserve(std::min(expected, limit));
  std::array<char, 16384> part;
  for (;;) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(SystemError("read", path, errno));
    if (got == 0) return bytes;
    bytes.append(part.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      return Fail(FileError(ErrorKind::kInvalid, "too_large", path,
                            Format("{} is larger than {} bytes", path, limit)));
    }
  }
}

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class KernelFiles : public Files {
 public:
  Result<FileContent> Read(const std::string& path, std::size_t limit) const override;
  Result<std::vector<std::string>> List(const std::string& folder) const override;
  Status MakeFolders(const std::string& folder, std::uint32_t mode) override;
  Status Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                std::size_t reserve) override;
  Status WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) override;
  Status Sync(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status SyncFolder(const std::string& folder) override;
  Status Remove(const std::string& path) override;
  Status RemoveFolder(const std::string& folder) override;
  Status SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) override;

 private:
  Status MakeFolder(const std::string& folder, std::uint32_t mode);
};

Result<FileContent> KernelFiles::Read(const std::string& path, std::size_t limit) const {
  if (HasNul(path)) return Fail(OpenError("open", path, ENOENT));
  struct stat status {};
  // Looked at before it is opened: opening a device can have effects.
  if (::stat(path.c_str(), &status) != 0) return Fail(OpenError("open", path, errno));
  if (!S_ISREG(status.st_mode)) return Fail(NotAFile(path));
  const UniqueFd fd = OpenFile(path.c_str(), O_RDONLY);
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Fail(OpenError("open", path, errno));
  if (!S_ISREG(status.st_mode)) return Fail(NotAFile(path));
  Result<std::string> bytes =
      ReadUpTo(fd.get(), path, static_cast<std::size_t>(status.st_size), limit);
  if (!bytes) return Fail(std::move(bytes.error()));
  return FileContent{std::move(*bytes), status.st_mode & 07777U, status.st_uid, status.st_gid};
}

Result<std::vector<std::string>> KernelFiles::List(const std::string& folder) const {
  std::vector<std::string> names;
  if (HasNul(folder)) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open && (errno == ENOENT || errno == ENOTDIR)) return names;
  if (!open) return Fail(SystemError("open", folder, errno));
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return Fail(SystemError("list", folder, errno));
  std::sort(names.begin(), names.end());
  return names;
}

Status KernelFiles::MakeFolder(const std::string& folder, std::uint32_t mode) {
  if (::mkdir(folder.c_str(), mode) != 0) {
    if (errno != EEXIST) return Fail(SystemError("mkdir", folder, errno));
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return Fail(SystemError("mkdir", folder, EEXIST));
  }
  // mkdir(2) applies the caller's umask; the promise is the mode itself.
  const UniqueFd fd = OpenFile(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd.valid() || ::fchmod(fd.get(), mode) != 0) {
    return Fail(SystemError("chmod", folder, errno));
  }
  return SyncFolder(ParentOf(folder));
}

Status KernelFiles::MakeFolders(const std::string& folder, std::uint32_t mode) {
  if (HasNul(folder)) return Fail(SystemError("mkdir", folder, EINVAL));
  for (std::size_t at = folder.find('/', 1); at != std::string::npos;
       at = folder.find('/', at + 1)) {
    if (folder[at - 1] == '/') continue;
    struct stat status {};
    const std::string parent = folder.substr(0, at);
    // Asked first: mkdir(2) of an existing folder may answer EROFS or EACCES instead of EEXIST.
    if (::stat(parent.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    if (Status made = MakeFolder(parent, mode); !made) return made;
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return folder.ends_with('/') ? Status() : MakeFolder(folder, mode);
}

Status KernelFiles::Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                           std::size_t reserve) {
  if (HasNul(path)) return Fail(OpenError("create", path, ENOENT));
  const UniqueFd fd =
      OpenFile(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, static_cast<mode_t>(mode));
  if (!fd.valid()) return Fail(OpenError("create", path, errno));
  Status status;
  if (::fchmod(fd.get(), mode) != 0) status = Fail(SystemError("chmod", path, errno));
  if (status) status = WriteAll(fd.get(), path, bytes, 0);
  if (status) status = Reserve(fd.get(), path, bytes.size(), reserve);
  if (!status) ::unlink(path.c_str());
  return status;
}

Status KernelFiles::WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) {
  if (HasNul(path)) return Fail(OpenError("open", path, ENOENT));
  const UniqueFd fd = OpenFile(path.c_str(), O_WRONLY | O_NOFOLLOW);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Fail(OpenError("open", path, errno));
  if (!S_ISREG(status.st_mode)) return Fail(NotAFile(path));
  return WriteAll(fd.get(), path, bytes, offset);
}

Status KernelFiles::Sync(const std::string& path) {
  if (HasNul(path)) return Fail(OpenError("open", path, ENOENT));
  const UniqueFd fd = OpenFile(path.c_str(), O_RDONLY | O_NOFOLLOW);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Fail(OpenError("open", path, errno));
  if (!S_ISREG(status.st_mode)) return Fail(NotAFile(path));
  return SyncFd(fd.get(), "fsync", path);
}

Status KernelFiles::Rename(const std::string& from, const std::string& to) {
  if (HasNul(from) || HasNul(to)) return Fail(OpenError("rename", from, ENOENT));
  for (const std::string& path : {from, to}) {
    if (Status status = RefuseLink("rename", path); !status) return status;
  }
  if (::rename(from.c_str(), to.c_str()) != 0) return Fail(OpenError("rename", from, errno));
  return {};
}

Status KernelFiles::SyncFolder(const std::string& folder) {
  if (HasNul(folder)) return Fail(OpenError("open", folder, ENOENT));
  const UniqueFd fd = OpenFile(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) return Fail(OpenError("open", folder, errno));
  Status status = SyncFd(fd.get(), "fsync", folder);
  // Some file systems have nothing to sync in a folder and say so with EINVAL.
  if (!status && status.error().os_error == EINVAL) return {};
  return status;
}

Status KernelFiles::Remove(const std::string& path) {
  if (HasNul(path)) return Fail(OpenError("remove", path, ENOENT));
  if (Status status = RefuseLink("remove", path); !status) return status;
  if (::unlink(path.c_str()) != 0) return Fail(OpenError("remove", path, errno));
  return {};
}

Status KernelFiles::RemoveFolder(const std::string& folder) {
  if (HasNul(folder)) return Fail(OpenError("rmdir", folder, ENOENT));
  if (::rmdir(folder.c_str()) != 0) return Fail(OpenError("rmdir", folder, errno));
  return {};
}

Status KernelFiles::SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) {
  if (HasNul(path)) return Fail(OpenError("chown", path, ENOENT));
  if (::lchown(path.c_str(), uid, gid) != 0) return Fail(OpenError("chown", path, errno));
  return {};
}

}  // namespace

std::unique_ptr<Files> LinuxFiles() { return std::make_unique<KernelFiles>(); }

}  // namespace tunewire
