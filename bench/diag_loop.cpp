// The floor of a look at every TCP socket: the kernel's dump, received and thrown away.
//
//   bench_diag_loop      prints "BYTES"
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr unsigned Bit(int extension) { return 1U << (extension - 1); }

struct Request {
  nlmsghdr header{};
  inet_diag_req body{};
};

void Check(bool well, const char* what) {
  if (well) return;
  std::perror(what);
  std::exit(1);
}

void Ask(int fd) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = TCPDIAG_GETSOCK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.idiag_states = 0x1fff;
  request.body.idiag_ext = Bit(INET_DIAG_INFO) | Bit(INET_DIAG_CONG) | Bit(INET_DIAG_TOS) |
                           Bit(INET_DIAG_TCLASS) | Bit(INET_DIAG_SKMEMINFO) |
                           Bit(INET_DIAG_SHUTDOWN);
  Check(send(fd, &request, sizeof request, 0) == sizeof request, "send");
}

/// The kernel sends the end of a dump in a datagram of its own.
bool IsEnd(const char* datagram) {
  const auto type = reinterpret_cast<const nlmsghdr*>(datagram)->nlmsg_type;
  return type == NLMSG_DONE || type == NLMSG_ERROR;
}

long long ReceiveAll(int fd, std::vector<char>& room) {
  long long bytes = 0;
  do {
    const ssize_t got = recv(fd, room.data(), room.size(), 0);
    Check(got > 0, "recv");
    bytes += got;
  } while (!IsEnd(room.data()));
  return bytes;
}

}  // namespace

int main() {
  const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  Check(fd >= 0, "socket");
  std::vector<char> room(64 * 1024);
  Ask(fd);
  std::printf("%lld\n", ReceiveAll(fd, room));
  return 0;
}
