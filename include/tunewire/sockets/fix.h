// The live fix: an option set on sockets of a running program, remembered before, put back on wish.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/files.h"
#include "tunewire/host/foreign_socket.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

enum class FixKind { kNodelay, kQuickAck, kUncork };

std::string_view NameOf(FixKind kind);  ///< "nodelay", "quickack", "uncork"

/// One socket that a fix would touch.
struct FixTarget {
  Process process;
  HeldSocket held;
  SocketInfo socket;
  bool listener = false;
  SocketSwitch which = SocketSwitch::kNodelay;
  std::uint32_t before = 0, wanted = 0;

  bool operator==(const FixTarget&) const = default;
};

struct FixPlan {
  FixKind kind = FixKind::kNodelay;
  std::vector<FixTarget> targets;  ///< that would change
  std::size_t already = 0;         ///< that are as wanted
  std::vector<Error> refused;      ///< sockets that this user may not touch, one a process
};

/// What one socket did in some time, from two looks.
struct SocketPace {
  double exchanges_per_s = 0;  ///< data segments received, a second
  double bytes_per_s = 0;      ///< acknowledged and received
  double held_share = 0;       ///< of the looks: kHeldSmall
};

struct FixedSocket {
  FixTarget target;
  std::optional<std::uint32_t> after;  ///< read back; nothing where it could not be set
  std::optional<Error> error;
  SocketPace pace_before, pace_after;
};

/// The phases of a trial: without, with, without again.
struct TrialPhase {
  std::string name;  ///< "before", "with nodelay", "put back"
  double seconds = 0;
  double exchanges_per_s = 0;  ///< all targets together
  double held_share = 0;
};

/// What a fix changed, kept on disk until it is undone or its sockets are gone: written before the
/// first option is set.
struct FixRecord {
  std::string id;  ///< names its file
  std::string boot_id;
  std::uint64_t netns = 0;
  FixKind kind = FixKind::kNodelay;
  std::int64_t unix_seconds = 0;
  struct Entry {
    ProcessId process;
    std::string command;
    int descriptor = 0;
    std::uint64_t inode = 0, cookie = 0;
    std::string local, remote;
    bool listener = false;
    SocketSwitch which = SocketSwitch::kNodelay;
    std::uint32_t before = 0, wanted = 0;

    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;

  bool operator==(const FixRecord&) const = default;
};

}  // namespace tunewire
