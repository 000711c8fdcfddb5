// One look at a time: asks, hands what comes to every sink, and remembers what the next look needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "host/socket_glance.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {

class LookTaker {
 public:
  LookTaker(SocketSource& source, const SocketSelection& selection,
            std::span<LookSink* const> sinks);

  /// Descriptors of the selected processes as they are now, sorted; new ones go to the sinks.
  void AddHeld(std::span<const HeldSocket> held);

  /// Everything that the kernel's filter passes, and the listeners. A look that fails half way is
  /// partial for the sinks. Errors: of the source.
  Status Wide(LookHead head);
  /// What Followed() names, and the listeners.
  Status Narrow(LookHead head);

  /// Connections worth looking at between wide looks: of the selected processes, or else those that
  /// showed trouble in the last wide look.
  [[nodiscard]] const std::vector<SocketName>& Followed() const { return followed_; }
  /// Sockets of the last wide look.
  [[nodiscard]] std::size_t seen() const { return seen_; }
  [[nodiscard]] LookScope widest() const;
  /// Of every socket that may have become evidence; sorted.
  [[nodiscard]] const std::vector<std::uint64_t>& inodes() const { return inodes_; }

 private:
  static constexpr std::size_t kRanks = 3;

  Status Take(LookHead head);
  Status Ask(const LookHead& head, SocketDump& dump);
  Status Add(Result<SocketDump> answered, SocketDump& dump);
  void Notice(std::span<const std::byte> raw);
  void NoticeInode(std::uint64_t inode);
  void NoticeTrouble(const SocketGlance& socket, std::span<const std::byte> raw);
  [[nodiscard]] bool IsOfSelected(const SocketGlance& socket) const;
  void FollowNext(LookScope scope);

  SocketSource& source_;
  const SocketSelection& selection_;
  std::span<LookSink* const> sinks_;
  std::vector<SocketName> followed_, next_;
  std::array<std::vector<SocketName>, kRanks> troubled_;  ///< worst first
  std::vector<HeldSocket> known_;                         ///< of the selected processes
  std::unordered_set<std::uint64_t> held_;                ///< inodes of the selected processes
  std::unordered_set<std::uint64_t> cookies_;             ///< of followed_
  std::vector<std::uint64_t> inodes_, new_inodes_;
  std::size_t seen_ = 0;
};

}  // namespace tunewire
