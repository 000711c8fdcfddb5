#include "tunewire/host/sockets_now.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <vector>

namespace tunewire {
namespace {

int Milliseconds(std::chrono::milliseconds patience) {
  return patience.count() < 0 ? 0 : static_cast<int>(patience.count());
}

bool IsPassing(int os_error) { return os_error == EAGAIN || os_error == EINTR; }

Error Gone(const char* operation, int os_error) {
  return {.kind = ErrorKind::kIo,
          .code = "peer_gone",
          .message = "the peer closed the connection",
          .operation = operation,
          .os_error = os_error,
          .subject = "the peer"};
}

}  // namespace

void AwaitAnyReadable(std::span<const int> fds, std::chrono::milliseconds patience) {
  std::vector<pollfd> looks;
  looks.reserve(fds.size());
  for (const int fd : fds) looks.push_back({fd, POLLIN, 0});
  ::poll(looks.data(), looks.size(), Milliseconds(patience));
}

void AwaitWritable(int fd, std::chrono::milliseconds patience) {
  pollfd look{fd, POLLOUT, 0};
  ::poll(&look, 1, Milliseconds(patience));
}

Result<std::size_t> ReceiveNow(int fd, std::span<std::byte> into) {
  if (into.empty()) return std::size_t{0};
  const ssize_t got = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got < 0 && IsPassing(errno)) return std::size_t{0};
  return Fail(Gone("recv", got < 0 ? errno : 0));
}

Result<std::size_t> SendNow(int fd, std::span<const std::byte> bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (IsPassing(errno)) return std::size_t{0};
  return Fail(Gone("send", errno));
}

bool PeerHasClosed(int fd) {
  pollfd look{fd, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void CloseGently(UniqueFd fd) {
  ::shutdown(fd.get(), SHUT_WR);
  std::array<std::byte, 4096> unread;
  for (int rounds = 0; rounds < 16; ++rounds) {
    if (::recv(fd.get(), unread.data(), unread.size(), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace tunewire
