// Sockets of other processes over pidfd_open(2) and pidfd_getfd(2).
//
// A pidfd stays with the process it was opened for. The start time that /proc shows is compared
// after it was opened: a process that was given the number later cannot have started when the
// wanted one did.
#include "tunewire/host/foreign_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/format.h"
#include "host/proc_folder.h"
#include "host/socket_options.h"
#include "tunewire/base/text.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {
namespace {

// Numbers of include/uapi/asm-generic/unistd.h and linux/tcp.h; the C library's headers may be
// older than the kernel that runs.
constexpr long kPidfdOpen = 434;
constexpr long kPidfdGetfd = 438;
constexpr int kTcpDelackMaxUs = 46;

struct SwitchOption {
  int option;
  const char* name;
};

SwitchOption OptionOf(SocketSwitch which) {
  switch (which) {
    case SocketSwitch::kNodelay:
      return {TCP_NODELAY, "TCP_NODELAY"};
    case SocketSwitch::kCork:
      return {TCP_CORK, "TCP_CORK"};
    case SocketSwitch::kQuickAck:
      return {TCP_QUICKACK, "TCP_QUICKACK"};
    case SocketSwitch::kDelackMax:
      return {kTcpDelackMaxUs, "TCP_DELACK_MAX_US"};
  }
  return {TCP_NODELAY, "TCP_NODELAY"};
}

Error OptionError(const char* call, const SwitchOption& option, int os_error) {
  Error error = SystemError(Format("{} {}", call, option.name), "socket", os_error);
  if (os_error == ENOPROTOOPT || os_error == EOPNOTSUPP) {
    error.kind = ErrorKind::kUnsupported;
    error.code = "not_supported";
    error.message = Format("this kernel has no {}", option.name);
  } else if (os_error == EINVAL) {
    error.kind = ErrorKind::kInvalid;
    error.code = "invalid_option";
    error.message = Format("the kernel refuses this {}", option.name);
  }
  return error;
}

class CopiedSocket : public ForeignSocket {
 public:
  CopiedSocket(UniqueFd fd, std::uint64_t cookie) : fd_(std::move(fd)), cookie_(cookie) {}

  std::uint64_t cookie() const override { return cookie_; }
  SocketOptions Options() const override { return ReadSocketOptions(fd_.get()); }

  Result<std::uint32_t> Get(SocketSwitch which) const override {
    const SwitchOption option = OptionOf(which);
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd_.get(), IPPROTO_TCP, option.option, &value, &size) != 0)
      return Fail(OptionError("getsockopt", option, errno));
    return static_cast<std::uint32_t>(value);
  }

  Status Set(SocketSwitch which, std::uint32_t value) override {
    const SwitchOption option = OptionOf(which);
    const int number = static_cast<int>(value);
    if (::setsockopt(fd_.get(), IPPROTO_TCP, option.option, &number, sizeof number) == 0) return {};
    return Fail(OptionError("setsockopt", option, errno));
  }

 private:
  UniqueFd fd_;
  std::uint64_t cookie_;
};

Error Gone(const ProcessId& process) {
  return {.kind = ErrorKind::kNotFound,
          .code = "no_such_process",
          .message = Format("process {} has ended", process.pid),
          .operation = "pidfd_open",
          .os_error = ESRCH,
          .subject = Format("process {}", process.pid)};
}

Error NoSuchSocket(const ProcessId& process, int descriptor) {
  return {.kind = ErrorKind::kNotFound,
          .code = "no_such_socket",
          .message = Format("descriptor {} of process {} is not that socket any more", descriptor,
                            process.pid),
          .operation = "pidfd_getfd",
          .os_error = EBADF,
          .subject = Format("process {}", process.pid)};
}

/// The owner of /proc/PID is root where the process may not be debugged even by its own user.
bool LooksLikeOwn(int pid) {
  struct stat facts {};
  return ::stat(Format("/proc/{}", pid).c_str(), &facts) == 0 && facts.st_uid == ::geteuid();
}

bool YamaRestricts() {
  const UniqueFd folder = OpenFolderAt(-1, "/proc/sys/kernel/yama");
  std::array<char, 16> room;
  const auto scope = ReadAt(folder.get(), "ptrace_scope", room);
  return scope && Trim(*scope) != "0";
}

Error NotPermitted(const ProcessId& process, const char* operation, int os_error) {
  Error error = SystemError(operation, Format("process {}", process.pid), os_error);
  error.kind = ErrorKind::kNotPermitted;
  error.code = "not_permitted";
  error.message = Format("{} of process {}: {}", operation, process.pid, DescribeErrno(os_error));
  error.hint = LooksLikeOwn(process.pid) && YamaRestricts()
                   ? "kernel.yama.ptrace_scope keeps even your own processes closed: run it as "
                     "root, or with CAP_SYS_PTRACE"
                   : "a socket of another program needs a debugger's rights over it: run it as "
                     "root, or with CAP_SYS_PTRACE";
  return error;
}

Error BorrowError(const ProcessId& process, int descriptor, const char* operation, int os_error) {
  switch (os_error) {
    case ESRCH:
      return Gone(process);
    case EBADF:
      return NoSuchSocket(process, descriptor);
    case EPERM:
    case EACCES:
      return NotPermitted(process, operation, os_error);
    case ENOSYS: {
      Error error = SystemError(operation, Format("process {}", process.pid), os_error);
      error.kind = ErrorKind::kUnsupported;
      error.code = "not_supported";
      error.message = "this kernel cannot lend a socket of another process (Linux 5.6 can)";
      return error;
    }
    default:
      return SystemError(operation, Format("process {}", process.pid), os_error);
  }
}

bool StillTheSame(const ProcessId& process) {
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return false;
  const auto stat = StatOf(proc->get(), process.pid);
  return stat && !stat->ended() && stat->start_ticks == process.start_ticks;
}

Result<UniqueFd> OpenProcess(const ProcessId& process, int descriptor) {
  if (process.pid <= 0) return Fail(Gone(process));
  UniqueFd pidfd(static_cast<int>(::syscall(kPidfdOpen, process.pid, 0)));
  if (!pidfd.valid()) {
    // EINVAL: the number is a thread's.
    const int os_error = errno == EINVAL ? ESRCH : errno;
    return Fail(BorrowError(process, descriptor, "pidfd_open", os_error));
  }
  if (!StillTheSame(process)) return Fail(Gone(process));
  return pidfd;
}

std::optional<std::uint64_t> CookieOf(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return std::nullopt;
  return cookie;
}

class PidfdSockets : public ForeignSockets {
 public:
  Result<std::unique_ptr<ForeignSocket>> Borrow(const ProcessId& process, int descriptor,
                                                std::uint64_t inode) override {
    const Result<UniqueFd> pidfd = OpenProcess(process, descriptor);
    if (!pidfd) return Fail(pidfd.error());
    UniqueFd copy(static_cast<int>(::syscall(kPidfdGetfd, pidfd->get(), descriptor, 0)));
    if (!copy.valid()) return Fail(BorrowError(process, descriptor, "pidfd_getfd", errno));
    struct stat facts {};
    if (::fstat(copy.get(), &facts) != 0 || !S_ISSOCK(facts.st_mode) || facts.st_ino != inode)
      return Fail(NoSuchSocket(process, descriptor));
    const std::optional<std::uint64_t> cookie = CookieOf(copy.get());
    if (!cookie) return Fail(SystemError("getsockopt SO_COOKIE", "socket", errno));
    return std::make_unique<CopiedSocket>(std::move(copy), *cookie);
  }
};

}  // namespace

std::unique_ptr<ForeignSockets> LinuxForeignSockets() { return std::make_unique<PidfdSockets>(); }

}  // namespace tunewire
