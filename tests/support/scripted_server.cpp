#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tunewire {

bool ScriptedPeer::ReadRequest() {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    std::array<char, 65536> room{};
    const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
    if (got <= 0) return false;
    ++reads_;
    pending_.append(room.data(), static_cast<std::size_t>(got));
  }
  request_ = pending_.substr(0, end + 4);
  pending_.erase(0, end + 4);
  return true;
}

bool ScriptedPeer::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void ScriptedPeer::ResetAtEnd() const {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::string ScriptedPeer::PeerHost() const {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  ::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size);
  std::array<char, INET_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET, &peer.sin_addr, text.data(), text.size());
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&where), size);
  ::listen(listener_.get(), 1024);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&where), &size);
  std::memcpy(address_.bytes.data(), &where, sizeof where);
  address_.length = sizeof where;
  acceptor_ = std::thread([this] { AcceptAll(); });
}

ScriptedServer::~ScriptedServer() { Join(); }

void ScriptedServer::Join() {
  StopListening();
  {
    const std::scoped_lock lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& peer : peers_) peer.join();
  peers_.clear();
}

void ScriptedServer::StopListening() {
  stop_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  listener_.Reset();
}

void ScriptedServer::AcceptAll() {
  while (!stop_) {
    pollfd wait{listener_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 20) <= 0) continue;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::scoped_lock lock(mutex_);
    open_.push_back(fd);
    peers_.emplace_back([this, fd, number = accepted_++] { Serve(fd, number); });
  }
}

void ScriptedServer::Serve(int fd, int number) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ScriptedPeer peer(fd, number);
  script_(peer);
  const std::scoped_lock lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace tunewire
