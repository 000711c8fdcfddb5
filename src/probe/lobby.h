// Connections that a server has accepted and knows nothing about yet: each either says hello within
// two seconds, or is claimed by a session as the one that carries its exchanges, or is closed.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "probe/channel.h"
#include "probe/frames.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

/// A connection whose hello is whole.
struct Greeting {
  UniqueFd fd;
  SocketAddress peer;
  FrameHeader header;
  Result<Hello> hello;  ///< an error where the version is not ours, or the payload is none
};

/// One thread admits and reads; any may claim. Memory is fixed: a table of kMost entries, each with
/// room for one hello. No connection here costs a thread.
class Lobby {
 public:
  static constexpr std::size_t kMost = 64;

  Lobby() { waiting_.reserve(kMost); }

  /// Where the table is full, whoever waits longest goes: a peer that means it says hello at once.
  void Admit(UniqueFd fd, const SocketAddress& peer);

  /// For waiting until one of them has something to say.
  [[nodiscard]] std::vector<int> Descriptors() const;

  /// Reads what is there, closes who is late, wrong or gone.
  std::vector<Greeting> Read();

  /// The silent connection from `host`'s address and this port, as soon as it is there; one that
  /// owns nothing where it has not come until then or `stop` says so.
  UniqueFd Claim(const SocketAddress& host, std::uint16_t port, Deadline deadline,
                 const std::function<bool()>& stop);

  /// Connections closed without a hello so far.
  [[nodiscard]] std::uint64_t Turned() const;

 private:
  struct Arrival {
    UniqueFd fd;
    SocketAddress peer;
    Deadline until;
    std::size_t have = 0;
    std::array<std::byte, kHeaderBytes + kMostHelloPayload> said{};
  };
  enum class State { kWaiting, kSaidHello, kOver };

  static State ReadOne(Arrival& arrival);
  UniqueFd TakeSilent(const SocketAddress& host, std::uint16_t port);

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Arrival> waiting_;  // oldest first
  std::uint64_t turned_ = 0;
};

}  // namespace tunewire
