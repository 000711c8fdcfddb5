// Sockets as sock_diag(7) would show them, made by hand; and a table of them.
// tests/unit/sockets/made_sockets_test.cpp holds the bytes to the real kernel's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// "10.0.0.9:80", "[::1]:80"; aborts the test on another text.
SocketEnd End(std::string_view text);

/// An established connection at rest: both queues empty, windows open, MSS 1448, cubic, and every
/// field of TCP_INFO that Linux 6.18 has. Cookie and inode are told from `number` (1, 2, ...):
/// number and 1000 + number.
SocketInfo RestingConnection(std::uint64_t number, std::string_view local, std::string_view remote);

/// LISTEN with nothing waiting.
SocketInfo RestingListener(std::uint64_t number, std::string_view local, std::uint32_t backlog);

/// As the kernel shows it: no inode, no TCP_INFO, no memory.
SocketInfo TimeWaitSocket(std::uint64_t number, std::string_view local, std::string_view remote);

/// Brings a resting connection into a state: `unsent` bytes behind `unacked` segments of
/// `in_flight` bytes.
void PutUnsent(SocketInfo& socket, std::uint32_t unsent, std::uint32_t unacked,
               std::uint32_t in_flight);

/// What DecodeSocket reads: the opposite of it, for everything that the kernel can send. A field of
/// TCP_INFO that is absent before others that are there becomes 0, as its layout wants it.
std::vector<std::byte> EncodeSocket(const SocketInfo& socket);

/// A kernel's table that tests own: change `now` between looks.
class FakeSockets : public SocketSource {
 public:
  std::vector<SocketInfo> now;
  bool partial = false;                               ///< what the next answers say of themselves
  std::optional<Error> error;                         ///< every call fails with it
  std::function<void(std::size_t answered)> on_call;  ///< tests let their clock go on
  /// Filters of every Dump, and numbers of names of every Ask, in order.
  std::vector<SocketFilter> dumps;
  std::vector<std::size_t> asks;

  Result<SocketDump> Dump(const SocketFilter& filter, const TakeSocket& take) override;
  Result<SocketDump> Ask(std::span<const SocketName> names, const TakeSocket& take) override;

 private:
  template <class Passes>
  Result<SocketDump> Answer(const TakeSocket& take, const Passes& passes);
};

}  // namespace tunewire
