#include "tunewire/host/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/format.h"
#include "host/beneath.h"
#include "tunewire/host/files.h"

namespace tunewire {
namespace {

class FlockHeld : public HeldLock {
 public:
  explicit FlockHeld(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  UniqueFd fd_;
};

Error Busy(const std::string& path) {
  Error error;
  error.kind = ErrorKind::kBusy;
  error.code = "busy";
  error.operation = "flock";
  error.subject = path;
  error.message = "another transaction is running";
  error.hint = "try again when it has ended";
  return error;
}

/// Whether `path` still names the file behind `fd`: somebody may have replaced it between open and
/// flock, and then two could hold "the" lock.
bool StillThere(int fd, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

Status LockNow(int fd, const std::string& path) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return Fail(errno == EWOULDBLOCK ? Busy(path) : SystemError("flock", path, errno));
  }
  return {};
}

class FlockPlace : public LockPlace {
 public:
  explicit FlockPlace(std::string path) : path_(std::move(path)) {}

  Result<std::unique_ptr<HeldLock>> TryLock() override {
    if (Status made = LinuxFiles()->MakeFolders(Folder(), 0755); !made) {
      return Fail(std::move(made.error()));
    }
    for (int attempt = 0; attempt < 8; ++attempt) {
      // 0600: whoever can open the file could hold the lock for ever.
      UniqueFd fd = OpenFile(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
      if (!fd.valid()) return Fail(SystemError("open", path_, errno));
      if (Status locked = LockNow(fd.get(), path_); !locked) return Fail(std::move(locked.error()));
      if (StillThere(fd.get(), path_)) return std::make_unique<FlockHeld>(std::move(fd));
    }
    return Fail(Busy(path_));
  }

 private:
  std::string Folder() const {
    const std::size_t slash = path_.find_last_of('/');
    return slash == std::string::npos ? "." : path_.substr(0, slash == 0 ? 1 : slash);
  }

  std::string path_;
};

}  // namespace

std::unique_ptr<LockPlace> FileLock(std::string path) {
  return std::make_unique<FlockPlace>(std::move(path));
}

}  // namespace tunewire
