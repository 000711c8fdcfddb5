#include "support/probe_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace tunewire {
namespace {

void WriteLine(int fd, const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(fd, whole.data(), whole.size()) < 0) ::_exit(3);
}

// The pipe's other end is closed: by the test, or with it.
bool OtherEndClosed(int pipe) {
  pollfd look{pipe, POLLIN, 0};
  return ::poll(&look, 1, 0) > 0;
}

[[noreturn]] void Live(const ServeOptions& options, int stop, int words) {
  ServeEvents events;
  events.ready = [&](const std::string&, std::uint16_t port) {
    WriteLine(words, std::to_string(port));
  };
  events.note = [&](const std::string& line) { WriteLine(words, line); };
  events.stop = [&] { return OtherEndClosed(stop); };
  ::_exit(Serve(options, events) ? 0 : 1);
}

void Take(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::string ReadLine(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

ProbeServer::ProbeServer(const std::string& listen, std::uint32_t sessions) : host_(listen) {
  std::array<int, 2> stop{}, words{};
  if (::pipe2(stop.data(), O_CLOEXEC) != 0 || ::pipe2(words.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe");
  }
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::close(stop[1]);
    ::close(words[0]);
    Live({.listen = listen, .port = 0, .sessions = sessions}, stop[0], words[1]);
  }
  ::close(stop[0]);
  ::close(words[1]);
  stop_ = stop[1];
  words_ = words[0];
  const std::string port = ReadLine(words_);
  if (port.empty()) throw std::runtime_error("the server does not listen");
  port_ = static_cast<std::uint16_t>(std::stoi(port));
}

ProbeServer::~ProbeServer() {
  Kill();
  Take(stop_);
  Take(words_);
}

std::string ProbeServer::Address() const {
  const bool v6 = host_.find(':') != std::string::npos;
  return (v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

SocketAddress ProbeServer::Where() const { return ResolveHost({host_, port_}).value().front(); }

std::string ProbeServer::Stop() {
  Take(stop_);
  return AwaitEnd();
}

std::string ProbeServer::AwaitEnd() {
  std::string notes;
  for (pollfd look{words_, POLLIN, 0}; ::poll(&look, 1, 20000) > 0;) {
    std::array<char, 4096> some;
    const ssize_t got = ::read(words_, some.data(), some.size());
    if (got <= 0) {
      int status = -1;
      ::waitpid(pid_, &status, 0);
      pid_ = -1;
      if (status != 0) throw std::runtime_error("the server ended badly");
      return notes;
    }
    notes.append(some.data(), static_cast<std::size_t>(got));
  }
  throw std::runtime_error("the server does not end");
}

void ProbeServer::Kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string ProbeServer::StatusLine(const std::string& name) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
  }
  return {};
}

std::int64_t ProbeServer::ResidentKib() const { return std::stoll(StatusLine("VmRSS")); }

}  // namespace tunewire
