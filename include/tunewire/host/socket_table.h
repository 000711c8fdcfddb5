// The TCP sockets of a network namespace as sock_diag(7) shows them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/tcp_info.h"

namespace tunewire {

/// include/net/tcp_states.h
enum class TcpState : std::uint8_t {
  kUnknown = 0,
  kEstablished = 1,
  kSynSent,
  kSynReceived,
  kFinWait1,
  kFinWait2,
  kTimeWait,
  kClose,
  kCloseWait,
  kLastAck,
  kListen,
  kClosing,
  kNewSynReceived,
};

std::string_view NameOf(TcpState state);  ///< "ESTABLISHED", "CLOSE_WAIT", as RFC 9293 writes them

/// One end of a connection. IPv4 addresses stand in the first four bytes.
struct SocketEnd {
  std::array<std::uint8_t, 16> address{};
  bool v6 = false;
  std::uint16_t port = 0;

  [[nodiscard]] std::string Text() const;  ///< "10.0.0.9:80", "[::1]:80"; IPv4-mapped as IPv4
  [[nodiscard]] std::string Host() const;  ///< without the port
  [[nodiscard]] bool IsLoopback() const;
  auto operator<=>(const SocketEnd&) const = default;
};

/// SK_MEMINFO_VARS of include/uapi/linux/sock_diag.h; bytes unless said.
struct SocketMemory {
  std::uint32_t rmem_alloc = 0, rcvbuf = 0, wmem_alloc = 0, sndbuf = 0;
  std::uint32_t fwd_alloc = 0, wmem_queued = 0, optmem = 0, backlog = 0;
  std::uint32_t drops = 0;  ///< a listener's: SYNs and handshakes it threw away

  bool operator==(const SocketMemory&) const = default;
};

/// idiag_timer of struct inet_diag_msg.
enum class SocketTimer : std::uint8_t { kNone, kRetransmit, kKeepAlive, kTimeWait, kPersist };

/// One socket in one look. What the kernel did not send is absent.
struct SocketInfo {
  std::uint64_t cookie = 0;  ///< the socket's for as long as the host runs
  std::uint64_t inode = 0;   ///< 0 where no descriptor holds it any more
  std::uint32_t uid = 0;
  TcpState state = TcpState::kUnknown;
  SocketEnd local, remote;
  std::uint32_t interface = 0;      ///< bound to, 0: none
  std::uint32_t receive_queue = 0;  ///< bytes not read yet; of a listener: waiting for accept(2)
  std::uint32_t send_queue = 0;     ///< bytes not acknowledged yet; of a listener: its backlog
  SocketTimer timer = SocketTimer::kNone;
  std::uint32_t timer_ms = 0;
  std::uint8_t retransmits = 0;
  std::optional<SocketMemory> memory;
  std::string congestion_control;
  std::optional<std::uint8_t> shutdown;  ///< bits: 1 receive, 2 send
  std::optional<std::uint8_t> tos;
  std::optional<std::uint32_t> mark;  ///< only with CAP_NET_ADMIN
  std::optional<std::uint64_t> cgroup;
  TcpInfo tcp;

  bool operator==(const SocketInfo&) const = default;
};

/// The payload of one SOCK_DIAG_BY_FAMILY message: struct inet_diag_msg and attributes. Pure.
/// Shorter and longer structs are taken as they come and unknown attributes passed over; nothing
/// where not even the fixed part is whole, or of another address family.
std::optional<SocketInfo> DecodeSocket(std::span<const std::byte> raw);

/// Bits 1 << TcpState.
inline constexpr std::uint32_t kEveryState =
    (2U << static_cast<unsigned>(TcpState::kNewSynReceived)) - 1;
inline constexpr std::uint32_t kListenOnly = 1U << static_cast<unsigned>(TcpState::kListen);
inline constexpr std::uint32_t kConnections = kEveryState & ~kListenOnly;
/// Sockets that are bound and nothing else (TCP_BOUND_INACTIVE, Linux 6.8): asked for by name only,
/// because the kernel goes over its whole table of ports for them.
inline constexpr std::uint32_t kBoundOnly = kEveryState + 1;

/// Which sockets a look is about; everything set must hold. The kernel filters
/// (INET_DIAG_REQ_BYTECODE).
struct SocketFilter {
  std::uint32_t states = kEveryState;
  std::optional<std::uint16_t> port;  ///< local or remote
  std::optional<SocketEnd> peer;      ///< remote address; its port only where it is not 0
  std::uint8_t peer_prefix = 255;     ///< bits of `peer`'s address that count; 255: all

  bool operator==(const SocketFilter&) const = default;
};

struct SocketDump {
  std::size_t seen = 0;  ///< sockets handed to `take`
  bool partial =
      false;  ///< the table changed under the dump (NLM_F_DUMP_INTR), or it was cut short

  bool operator==(const SocketDump&) const = default;
};

/// Bytes that live only during the call; DecodeSocket reads them.
using TakeSocket = std::function<void(std::span<const std::byte> raw)>;

/// What identifies a socket to the kernel without a dump.
struct SocketName {
  SocketEnd local, remote;
  std::uint64_t cookie = 0;
  std::uint32_t interface = 0;
};

class SocketSource {
 public:
  virtual ~SocketSource() = default;

  /// All sockets that pass `filter`, IPv4 and IPv6, with every field the kernel has for this user.
  /// Errors: kUnsupported where the kernel has no inet_diag, kNotPermitted, kIo.
  virtual Result<SocketDump> Dump(const SocketFilter& filter, const TakeSocket& take) = 0;

  /// Those alone, one request each; what has gone is left out. For watching a few of very many.
  virtual Result<SocketDump> Ask(std::span<const SocketName> names, const TakeSocket& take) = 0;
};

/// sock_diag over one netlink socket in the network namespace of the calling thread. An object
/// serves one thread at a time.
Result<std::unique_ptr<SocketSource>> LinuxSockets();

/// The receiver's delayed-ACK state, which /proc/net/tcp shows (columns 14 and 15) and netlink
/// does not.
struct AckState {
  std::uint64_t inode = 0;
  std::uint32_t ato_ticks = 0;  ///< USER_HZ: 1/100 s
  std::uint32_t quick = 0;      ///< ACKs that will still go out at once
  bool pingpong = false;

  bool operator==(const AckState&) const = default;
};

/// /proc/net/tcp or tcp6; lines that are none are passed over. Pure.
std::vector<AckState> DecodeAckStates(std::string_view text);

/// Both files whole, sorted by inode: costs about as much as a dump. Errors: of reading them.
Result<std::vector<AckState>> ReadAckStates();

/// One descriptor of one process that is a socket.
struct HeldSocket {
  std::uint64_t inode = 0;
  int pid = 0;
  int descriptor = 0;

  auto operator<=>(const HeldSocket&) const = default;
};

struct HeldSockets {
  std::vector<HeldSocket> held;  ///< sorted by inode, then pid
  std::size_t unreadable = 0;    ///< processes whose descriptors this user may not see

  bool operator==(const HeldSockets&) const = default;
};

/// Every process's socket descriptors (all kinds of sockets), or only those of `pids` where it is
/// not empty. Processes that end meanwhile are left out. Errors: /proc cannot be read.
Result<HeldSockets> FindHeldSockets(std::span<const int> pids);

struct OwnedLook {
  SocketDump dump;
  HeldSockets owners;

  bool operator==(const OwnedLook&) const = default;
};

/// Dump on the calling thread, and FindHeldSockets beside it on others. Errors: of either.
Result<OwnedLook> LookWithOwners(SocketSource& source, const SocketFilter& filter,
                                 std::span<const int> pids, const TakeSocket& take);

}  // namespace tunewire
