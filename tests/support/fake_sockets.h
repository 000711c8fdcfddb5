// Live connections in memory, seen through sock_diag and lent as the kernel lends them: a server
// whose exchanges are slow until an option is set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "tunewire/host/foreign_socket.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

struct FakeSocket {
  std::uint64_t cookie = 0, inode = 0;
  SocketEnd local, remote;
  bool listens = false;
  bool v6 = false;
  std::map<SocketSwitch, std::uint32_t> options;
  double slow_per_s = 23, quick_per_s = 26'000;  ///< exchanges, without and with what helps
  SocketSwitch helps = SocketSwitch::kNodelay;
  std::uint32_t helping = 1;  ///< the value of `helps` that makes it quick
  bool more_held = false;     ///< a write with MSG_MORE is waiting to be pushed
  double exchanges = 0;       ///< so far
  std::uint32_t pushes = 0;
};

/// One host's sockets, and who holds them. Behaves as Linux 6.18 does where a test does not say
/// otherwise.
class FakeSocketWorld {
 public:
  explicit FakeSocketWorld(FakeClock& clock);

  FakeSocket& Add(int pid, int descriptor, std::uint16_t local_port, std::uint16_t remote_port);
  FakeSocket& Listen(int pid, int descriptor, std::uint16_t port);
  Process& AddProcess(int pid, const std::string& command);
  void Share(int pid, int descriptor, const FakeSocket& socket);
  void Close(std::uint64_t cookie);
  void End(int pid);

  [[nodiscard]] FakeSocket* Find(std::uint64_t cookie);
  [[nodiscard]] FakeSocket* FindInode(std::uint64_t inode);
  Result<HeldSockets> Held(std::span<const int> pids) const;
  Result<std::vector<Process>> Processes() const { return processes; }
  /// Counts exchanges up to now.
  void Run();

  std::vector<Process> processes;
  std::vector<HeldSocket> held;
  std::set<int> closed_to_us;  ///< processes without a debugger's rights over them
  std::set<int> unreadable;    ///< whose descriptors cannot even be listed
  bool lends = true;           ///< Linux 5.6
  bool has_delack_max = true;  ///< Linux 6.15
  std::uint32_t least_delack_us = 8000;
  /// Called before each set; an error is what setsockopt(2) says.
  std::function<std::optional<Error>(const FakeSocket& socket, SocketSwitch which)> on_set;
  std::vector<std::pair<std::uint64_t, SocketSwitch>> sets;

 private:
  friend class FakeSource;

  FakeClock& clock_;
  std::chrono::nanoseconds ran_{};
  std::vector<std::unique_ptr<FakeSocket>> sockets_;
  std::uint64_t next_ = 1000;
};

/// The bytes of one SOCK_DIAG_BY_FAMILY answer.
std::vector<std::byte> DiagBytes(const FakeSocket& socket);

class FakeSource : public SocketSource {
 public:
  explicit FakeSource(FakeSocketWorld& world) : world_(world) {}
  Result<SocketDump> Dump(const SocketFilter& filter, const TakeSocket& take) override;
  Result<SocketDump> Ask(std::span<const SocketName> names, const TakeSocket& take) override;

  std::function<void()> on_ask;  ///< before each look

 private:
  FakeSocketWorld& world_;
};

class FakeForeignSockets : public ForeignSockets {
 public:
  explicit FakeForeignSockets(FakeSocketWorld& world) : world_(world) {}
  Result<std::unique_ptr<ForeignSocket>> Borrow(const ProcessId& process, int descriptor,
                                                std::uint64_t inode) override;

 private:
  FakeSocketWorld& world_;
};

}  // namespace tunewire
