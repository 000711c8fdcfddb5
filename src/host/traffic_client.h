// The connecting end of plain traffic.
#pragma once

#include <vector>

#include "host/epoll.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/traffic.h"

namespace tunewire {

class TrafficClient {
 public:
  /// Precondition: the calling thread is in the client's namespace, and runs Run as well.
  static Result<TrafficClient> Make(const TrafficWish& wish, const SocketAddress& server);

  /// Connects, asks and closes until the time or the number is up.
  TrafficResult Run();

 private:
  struct Lane {
    UniqueFd fd;
    std::int64_t begun_ns = 0;
    std::uint32_t sent = 0, received = 0;
  };

  TrafficClient(const TrafficWish& wish, const SocketAddress& server, Epoll epoll);
  void Open(std::size_t lane);
  void Advance(std::size_t lane);
  void Push(Lane& lane);
  [[nodiscard]] int Send(Lane& lane);
  [[nodiscard]] int Receive(Lane& lane);
  void Finish(std::size_t lane);
  void Drop(std::size_t lane, int os_error);
  void Close(Lane& lane);
  [[nodiscard]] bool Enough() const;

  TrafficWish wish_;
  SocketAddress server_;
  Epoll epoll_;
  std::vector<Lane> lanes_;
  std::vector<char> room_;
  std::int64_t deadline_ns_ = 0;
  TrafficResult result_;
};

}  // namespace tunewire
