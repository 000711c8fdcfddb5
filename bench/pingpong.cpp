// The floor of a TCP ping-pong on this machine: two processes, one blocking send and recv each,
// nothing else in the loop.
//
//   bench_pingpong BYTES SECONDS      prints "exchanges nanoseconds"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

volatile std::sig_atomic_t over = 0;

long long Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void Check(bool well, const char* what) {
  if (well) return;
  std::perror(what);
  std::exit(1);
}

bool Receive(int fd, std::vector<char>& buffer) {
  std::size_t held = 0;
  while (held < buffer.size()) {
    const ssize_t got = recv(fd, buffer.data() + held, buffer.size() - held, 0);
    if (got <= 0) return false;
    held += static_cast<std::size_t>(got);
  }
  return true;
}

bool Send(int fd, const std::vector<char>& buffer) {
  return send(fd, buffer.data(), buffer.size(), 0) == static_cast<ssize_t>(buffer.size());
}

/// A listener on a loopback port of the kernel's choice; `where` becomes its address.
int Listen(sockaddr_in& where) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  Check(bind(fd, reinterpret_cast<sockaddr*>(&where), length) == 0, "bind");
  Check(listen(fd, 1) == 0, "listen");
  Check(getsockname(fd, reinterpret_cast<sockaddr*>(&where), &length) == 0, "getsockname");
  return fd;
}

[[noreturn]] void Serve(int listener, std::size_t bytes) {
  const int fd = accept(listener, nullptr, nullptr);
  Check(fd >= 0, "accept");
  std::vector<char> buffer(bytes);
  while (Receive(fd, buffer) && Send(fd, buffer)) {
  }
  _exit(0);
}

void Drive(int fd, std::size_t bytes, unsigned seconds) {
  std::vector<char> buffer(bytes);
  std::signal(SIGALRM, [](int) { over = 1; });
  alarm(seconds);
  long long exchanges = 0;
  const long long start = Now();
  while (over == 0 && Send(fd, buffer) && Receive(fd, buffer)) ++exchanges;
  std::printf("%lld %lld\n", exchanges, Now() - start);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::size_t bytes = std::strtoul(arguments[1], nullptr, 10);
  const auto seconds = static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10));
  if (bytes == 0 || seconds == 0) return 2;

  sockaddr_in where{};
  const int listener = Listen(where);
  const pid_t server = fork();
  Check(server >= 0, "fork");
  if (server == 0) Serve(listener, bytes);

  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  Check(connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0, "connect");
  Drive(fd, bytes, seconds);
  close(fd);
  return waitpid(server, nullptr, 0) == server ? 0 : 1;
}
