#include "host/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/format.h"

namespace tunewire {
namespace {

constexpr int kAlways = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
// openat2 refuses unknown combinations: O_PATH goes with nothing that concerns reading.
constexpr int kAlwaysWithPath = O_CLOEXEC;
constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

int FlagsFor(int flags) { return flags | ((flags & O_PATH) != 0 ? kAlwaysWithPath : kAlways); }

UniqueFd OpenResolved(int folder, std::string_view path, int flags, std::uint64_t resolve) {
  if (path.find('\0') != std::string_view::npos) {
    errno = ENOENT;
    return UniqueFd();
  }
  std::array<char, 1024> name;
  if (path.size() >= name.size()) {
    errno = ENAMETOOLONG;
    return UniqueFd();
  }
  name[path.copy(name.data(), path.size())] = '\0';
  open_how how{};
  how.flags = static_cast<std::uint64_t>(FlagsFor(flags));
  how.resolve = resolve;
  // EAGAIN: the kernel saw a rename elsewhere while it resolved and asks for another try.
  for (int attempt = 0; attempt < 16; ++attempt) {
    const long fd = ::syscall(SYS_openat2, folder, name.data(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return UniqueFd();
}

ssize_t ReadAt(int fd, char* to, std::size_t size, std::size_t offset) {
  for (;;) {
    const ssize_t got = ::pread(fd, to, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}

Error TooLarge(const std::string& subject) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "too_large";
  error.operation = "read";
  error.subject = subject;
  error.message = Format("{} holds more than 1 MiB", subject);
  return error;
}

}  // namespace

UniqueFd OpenFile(const char* path, int flags, mode_t mode) {
  for (;;) {
    const int fd = ::open(path, FlagsFor(flags), mode);
    if (fd >= 0 || errno != EINTR) return UniqueFd(fd);
  }
}

UniqueFd OpenBeneath(int folder, std::string_view path, int flags) {
  return OpenResolved(folder, path, flags, kBeneath | RESOLVE_NO_XDEV);
}

UniqueFd OpenBeneathAcrossMounts(int folder, std::string_view path, int flags) {
  return OpenResolved(folder, path, flags, kBeneath);
}

UniqueFd OpenBeneathOnDevice(int folder, std::string_view path, int flags, dev_t device) {
  UniqueFd fd = OpenBeneath(folder, path, flags);
  if (fd.valid() || errno != EXDEV) return fd;
  fd = OpenBeneathAcrossMounts(folder, path, O_PATH);
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return UniqueFd();
  if (status.st_dev != device) {
    errno = EXDEV;
    return UniqueFd();
  }
  return OpenBeneathAcrossMounts(folder, path, flags);
}

Result<std::string> ReadAll(int fd, const std::string& subject) {
  // The kernel clears a buffer as large as the one asked for, so the common case asks for little.
  std::array<char, 1023> small;
  const ssize_t first = ReadAt(fd, small.data(), small.size(), 0);
  if (first < 0) return Fail(SystemError("read", subject, errno));
  if (static_cast<std::size_t>(first) < small.size()) {
    return std::string(small.data(), static_cast<std::size_t>(first));
  }
  for (const std::size_t size : {std::size_t{65536}, std::size_t{1} << 20}) {
    std::string bytes(size, '\0');
    const ssize_t got = ReadAt(fd, bytes.data(), bytes.size(), 0);
    if (got < 0) return Fail(SystemError("read", subject, errno));
    bytes.resize(static_cast<std::size_t>(got));
    if (bytes.size() < size) return bytes;
  }
  return Fail(TooLarge(subject));
}

}  // namespace tunewire
