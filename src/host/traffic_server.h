// The listening end of plain traffic.
#pragma once

#include <atomic>
#include <vector>

#include "host/epoll.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/traffic.h"

namespace tunewire {

class TrafficServer {
 public:
  /// Precondition: the calling thread is in the server's namespace, and runs Serve as well.
  static Result<TrafficServer> Make(const TrafficWish& wish, const SocketAddress& listen);

  [[nodiscard]] const SocketAddress& address() const { return address_; }
  /// Answers until `stop`.
  void Serve(const std::atomic<bool>& stop);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Peer {
    UniqueFd fd;
    std::uint32_t asked = 0;  ///< bytes of a request that has not come whole
    std::uint32_t owed = 0;   ///< bytes of answers that did not go out yet
  };

  TrafficServer(const TrafficWish& wish, Epoll epoll, UniqueFd listener, SocketAddress address);
  void Accept();
  void Read(Peer& peer);
  void Answer(Peer& peer);

  TrafficWish wish_;
  Epoll epoll_;
  UniqueFd listener_;
  SocketAddress address_;
  std::vector<Peer> peers_;
  std::vector<std::size_t> free_;
  std::vector<char> room_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tunewire
