// What several looks at live sockets have shown, joined by cookie: the input of every rule.
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
#include "tunewire/host/foreign_socket.h"
#include "tunewire/host/net_counters.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

/// What one look at one connection shows. Several may hold at once.
enum class Sign : std::uint8_t {
  kHeldSmall,       ///< unsent bytes below one MSS while others are unacknowledged, windows open
  kCorked,          ///< unsent bytes below one MSS, nothing unacknowledged, windows open
  kPersistOpen,     ///< the persist timer runs though the peer's window is open
  kPeerWindowZero,  ///< the peer takes nothing
  kPeerWindowFull,  ///< unsent bytes, and what is in flight fills the peer's window
  kCwndFull,        ///< unsent bytes, and what is in flight fills the congestion window
  kReaderBehind,    ///< bytes in Recv-Q that the program has not read
  kOwnWindowZero,   ///< our receive window is closed: nobody reads
  kSendBufferFull,  ///< Send-Q fills the send buffer: write(2) sleeps until a third is free
  kAckPending,      ///< bytes came that we have not acknowledged: a delayed ACK is due
  kPingPong,        ///< in ping-pong mode (from /proc/net/tcp)
  kRetransmitting,  ///< an RTO has fired and is not answered yet
  kInRecovery,      ///< fast retransmit or loss recovery (ca_state)
  kAwaitsReply,     ///< the last word was ours, acknowledged, and nothing came since
  kOwesReply,       ///< the last word was the peer's
};
inline constexpr std::size_t kSigns = 15;

std::string_view NameOf(Sign sign);  ///< "held_small"

/// Which signs one look shows. Pure.
using SignSet = std::uint32_t;  ///< bits 1 << Sign
SignSet SignsOf(const SocketInfo& socket, const std::optional<AckState>& ack);

struct SignTally {
  std::uint32_t looks = 0;                 ///< that showed it
  std::uint32_t episodes = 0;              ///< runs of looks without a break
  std::int64_t first_ns = 0, last_ns = 0;  ///< of the looks that showed it, since watching began
  std::int64_t longest_ns = 0;             ///< first to last look of the longest run

  bool operator==(const SignTally&) const = default;
};

/// What a pair of looks tells that neither the first nor the last one does. AddLookTrends
/// (sockets/look_trends.h) keeps it.
struct LookTrends {
  /// Looks with kHeldSmall when nothing had been sent for kQuietMs: the same bytes were held that
  /// long, where a busy sender that is merely caught between a write and its ACK has just sent.
  std::uint32_t held_quiet_looks = 0;
  std::uint32_t held_quiet_max_ms = 0;  ///< longest time since anything was sent, of those
  /// Longest time since anything was sent, of the looks with kPeerWindowZero and unsent bytes.
  std::uint32_t blocked_max_ms = 0;
  std::uint32_t send_window_max = 0;  ///< bytes the peer has ever let us have on the way
  /// Times cwnd came out of a pause with half its size or less, and nothing was lost or marked.
  std::uint32_t idle_collapses = 0;
  std::uint32_t collapse_from = 0, collapse_to = 0;  ///< segments, of the deepest one

  bool operator==(const LookTrends&) const = default;
};

/// Two jiffies and more at every HZ: a loopback or LAN acknowledgement takes a hundredth of it.
inline constexpr std::uint32_t kQuietMs = 10;

/// One connection over the time it was watched.
struct ConnectionEvidence {
  SocketInfo first, last;
  std::uint32_t looks = 0;
  std::int64_t first_ns = 0, last_ns = 0;  ///< when it was seen, since watching began
  std::array<SignTally, kSigns> signs{};
  std::uint32_t receive_queue_max = 0, send_queue_max = 0;
  std::uint32_t cwnd_max = 0, cwnd_min = 0;  ///< segments
  LookTrends trends;
  std::uint32_t ack_looks = 0;           ///< that had `ack`: only these can show kPingPong
  std::optional<AckState> ack;           ///< of the last look that had it
  std::optional<SocketOptions> options;  ///< only where they were asked for and allowed
  std::optional<std::size_t> owner;      ///< in Evidence::processes

  [[nodiscard]] const SignTally& Tally(Sign sign) const {
    return signs[static_cast<std::size_t>(sign)];
  }
  bool operator==(const ConnectionEvidence&) const = default;
};

/// A listening socket at the first and the last look.
struct ListenerEvidence {
  SocketInfo first, last;
  std::uint32_t looks = 0;
  std::uint32_t queue_max = 0;
  std::uint32_t full_looks = 0;  ///< queue above backlog: handshakes are refused or dropped
  std::optional<std::size_t> owner;
  std::optional<SocketOptions> options;

  bool operator==(const ListenerEvidence&) const = default;
};

/// net.* settings that rules compare with; absent where they could not be read. Bytes, segments,
/// seconds as the kernel's own units.
struct NetworkSettings {
  std::optional<std::uint32_t> somaxconn, max_syn_backlog, syncookies, slow_start_after_idle;
  std::optional<std::uint32_t> fin_timeout, keepalive_time, keepalive_intvl, keepalive_probes;
  std::optional<std::uint32_t> port_first, port_last, ports_reserved, tw_reuse, max_tw_buckets;
  std::optional<std::uint32_t> rmem_max, wmem_max, abort_on_overflow, conntrack_established_s;
  std::optional<std::array<std::uint64_t, 3>> tcp_rmem, tcp_wmem, tcp_mem;
  std::optional<std::string> congestion_control;
  int hz = 250;

  bool operator==(const NetworkSettings&) const = default;
};

/// More than these are not laid out one by one: the most troubled ones are.
inline constexpr std::size_t kMostConnections = 16384;

struct Evidence {
  /// Those that were selected, in the order of their first look. TIME_WAIT is counted below only.
  std::vector<ConnectionEvidence> connections;
  std::size_t left_out = 0;  ///< selected connections above kMostConnections
  std::vector<ListenerEvidence> listeners;
  std::vector<Process> processes;
  NetworkSettings settings;
  NetCounters counters;      ///< what moved while watching, of the whole namespace
  std::int64_t span_ns = 0;  ///< first to last look
  std::uint32_t looks = 0;
  /// In the last look at all sockets, whatever was selected; this and the numbers below are of the
  /// last one through the kernel's filter where all were never looked at.
  std::size_t sockets_seen = 0;
  std::size_t unreadable = 0;  ///< processes whose descriptors this user may not see
  /// Sockets by TcpState; and by destination where the number is worth a word (the largest ones).
  std::array<std::uint64_t, 13> by_state{};
  struct Destination {
    SocketEnd remote;
    SocketEnd local;          ///< its address; the port is 0
    std::uint32_t ports = 0;  ///< local ports in use towards it, TIME_WAIT included
    std::uint32_t time_wait = 0;

    bool operator==(const Destination&) const = default;
  };
  std::vector<Destination> destinations;
  bool partial = false;  ///< a look was cut short or the table changed under it

  bool operator==(const Evidence&) const = default;
};

enum class LookScope : std::uint8_t {
  kSome,      ///< chosen connections one by one, and the listeners
  kFiltered,  ///< what the kernel's filter passes, and the listeners
  kAll,       ///< every socket of the namespace
};

/// One look's frame; the sockets come between Begin and End.
struct LookHead {
  std::int64_t at_ns = 0;      ///< since watching began
  NetCounters counters;        ///< empty where this look did not read them
  std::vector<AckState> acks;  ///< sorted by inode; empty where this look did not read them
  LookScope scope = LookScope::kAll;

  bool operator==(const LookHead&) const = default;
};

/// Who holds the sockets that were seen, and the settings around them.
struct SocketSurroundings {
  NetworkSettings settings;
  std::vector<int> pids;  ///< that were selected, empty: all
  std::vector<Process> processes;
  std::vector<HeldSocket> held;  ///< of `processes`, sorted by inode
  std::size_t unreadable = 0;
  /// By inode, where they were read.
  std::vector<std::pair<std::uint64_t, SocketOptions>> options;
};

/// Takes looks one after the other: live, or from a recording.
class LookSink {
 public:
  virtual ~LookSink() = default;
  /// Descriptors of the selected processes that were not known before; never within a look.
  virtual void Held(std::span<const HeldSocket> held) { static_cast<void>(held); }
  virtual void Begin(LookHead head) = 0;
  virtual void Socket(std::span<const std::byte> raw) = 0;
  virtual void End(const SocketDump& dump) = 0;
};

/// Which connections become evidence; listeners are always kept.
struct SocketSelection {
  std::vector<int> pids;  ///< empty: all
  SocketFilter filter;    ///< checked again in user space, for a replay

  bool operator==(const SocketSelection&) const = default;
};

/// Joins looks. Memory: one record a connection that is kept, whatever the number of looks; none
/// for one that is not.
class EvidenceBuilder : public LookSink {
 public:
  /// With pids, sockets of these processes as Held tells them.
  explicit EvidenceBuilder(SocketSelection selection);
  /// `wanted_inodes`: sockets of the selected processes; nothing means every socket.
  explicit EvidenceBuilder(SocketFilter filter,
                           std::optional<std::vector<std::uint64_t>> wanted_inodes);
  ~EvidenceBuilder() override;

  void Held(std::span<const HeldSocket> held) override;
  void Begin(LookHead head) override;
  void Socket(std::span<const std::byte> raw) override;
  void End(const SocketDump& dump) override;

  /// Owners by inode, options, settings. Call once, at the end.
  Evidence Finish(const SocketSurroundings& around);

  /// Of everything that is kept between looks.
  [[nodiscard]] std::size_t MemoryBytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tunewire
