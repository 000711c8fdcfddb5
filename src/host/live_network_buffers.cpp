// No netlink message tells which buffers are locked, so the socket itself is asked, on a copy of
// its descriptor that pidfd_getfd(2) makes. Nothing is set on it. While a copy is open, a socket
// that its program closes stays open with it; each is closed before the next is made.
#include "host/live_network_buffers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>
#include <unordered_set>

#include "base/format.h"
#include "host/proc_folder.h"
#include "host/process_descriptors.h"

namespace tunewire {
namespace {

// The kernel's SOCK_SNDBUF_LOCK and SOCK_RCVBUF_LOCK, include/uapi/linux/socket.h.
constexpr int kSendLocked = 1;
constexpr int kReceiveLocked = 2;

enum class Side { kLocal, kPeer };

Error TooOld(const char* operation, int os_error) {
  Error error = SystemError(operation, "sockets of other processes", os_error);
  error.kind = ErrorKind::kUnsupported;
  error.code = "no_buffer_locks";
  error.hint = "Linux 5.14 is the first that tells which buffers are fixed";
  return error;
}

std::optional<int> Option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

/// Only such are tuned by tcp_rmem and tcp_wmem.
bool IsTcp(int fd) {
  const std::optional<int> domain = Option(fd, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6) && Option(fd, SO_PROTOCOL) == IPPROTO_TCP;
}

/// "127.0.0.1:80", "[::1]:80"; empty where there is none.
std::string AddressOf(int fd, Side side) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  const int done =
      side == Side::kLocal ? ::getsockname(fd, address, &size) : ::getpeername(fd, address, &size);
  if (done != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &storage, sizeof four);
    ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    return Format("{}:{}", text.data(), ntohs(four.sin_port));
  }
  sockaddr_in6 six{};
  std::memcpy(&six, &storage, sizeof six);
  ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
  return Format("[{}]:{}", text.data(), ntohs(six.sin6_port));
}

class BufferSearch {
 public:
  explicit BufferSearch(int proc) : proc_(proc) {}

  Status Look(const ProcessId& id) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0)));
    if (!process.valid()) {
      return errno == ENOSYS ? Status(Fail(TooOld("pidfd_open", errno))) : Status();
    }
    // Behind the descriptor: a number that still has this start time had it when that was made.
    const auto stat = StatOf(proc_, id.pid);
    if (!stat || stat->start_ticks != id.start_ticks) return {};
    UniqueFd folder = OpenFolderAt(proc_, Format("{}/fd", id.pid).c_str());
    if (!folder.valid()) return {};
    for (const HeldSocket& socket : ProcessDescriptors(std::move(folder), id.pid).Sockets()) {
      if (!seen_.insert(socket.inode).second) continue;
      const UniqueFd copy(
          static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), socket.descriptor, 0)));
      if (copy.valid()) {
        if (Status asked = Ask(copy.get(), id); !asked) return asked;
      } else if (errno != EBADF) {
        seen_.erase(socket.inode);
        return errno == ENOSYS ? Status(Fail(TooOld("pidfd_getfd", errno))) : Status();
      }
    }
    return {};
  }

  std::vector<LockedBuffer> Take() {
    std::ranges::sort(found_, {}, [](const LockedBuffer& one) {
      return std::tie(one.local, one.peer, one.inode, one.receive);
    });
    return std::move(found_);
  }

 private:
  Status Ask(int fd, const ProcessId& owner) {
    const std::optional<int> locks = Option(fd, SO_BUF_LOCK);
    if (!locks) {
      return errno == ENOPROTOOPT ? Status(Fail(TooOld("getsockopt", errno))) : Status();
    }
    if (*locks == 0 || !IsTcp(fd)) return {};
    LockedBuffer buffer;
    buffer.local = AddressOf(fd, Side::kLocal);
    buffer.peer = AddressOf(fd, Side::kPeer);
    // Not the one that its link named: the number may stand for another socket since.
    struct stat status {};
    if (::fstat(fd, &status) == 0) buffer.inode = status.st_ino;
    buffer.owner = owner;
    if ((*locks & kReceiveLocked) != 0) Add(buffer, true, Option(fd, SO_RCVBUF));
    if ((*locks & kSendLocked) != 0) Add(buffer, false, Option(fd, SO_SNDBUF));
    return {};
  }

  void Add(LockedBuffer buffer, bool receive, std::optional<int> bytes) {
    if (!bytes) return;
    buffer.receive = receive;
    buffer.bytes = static_cast<std::uint64_t>(*bytes);
    found_.push_back(std::move(buffer));
  }

  int proc_;
  std::unordered_set<std::uint64_t> seen_;  ///< shared with a worker: asked once
  std::vector<LockedBuffer> found_;
};

}  // namespace

Result<std::vector<LockedBuffer>> FindLockedBuffers(const std::vector<ProcessId>& processes) {
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  BufferSearch search(proc->get());
  for (const ProcessId& id : processes) {
    if (Status looked = search.Look(id); !looked) return Fail(std::move(looked.error()));
  }
  return search.Take();
}

}  // namespace tunewire
