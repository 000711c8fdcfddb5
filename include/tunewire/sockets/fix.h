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
#include "tunewire/host/clock.h"
#include "tunewire/host/files.h"
#include "tunewire/host/foreign_socket.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

enum class FixKind { kNodelay, kQuickAck, kUncork };

std::string_view NameOf(FixKind kind);  ///< "nodelay", "quickack", "uncork"

enum class WithListeners { kNo, kYes };

/// Whose sockets are meant. Everything set must hold; something must be set.
struct FixSelection {
  std::vector<int> pids;
  std::string command;                ///< /proc/PID/comm or the executable's name, empty: any
  std::string unit;                   ///< "nginx.service", empty: any
  std::optional<std::uint16_t> port;  ///< local or remote; of a listener: local

  [[nodiscard]] bool Empty() const {
    return pids.empty() && command.empty() && unit.empty() && !port;
  }
  bool operator==(const FixSelection&) const = default;
};

struct FixWish {
  FixKind kind = FixKind::kNodelay;
  FixSelection selection;
  WithListeners listeners = WithListeners::kNo;
};

/// How long a setting stays by itself.
enum class Lasting {
  kStays,  ///< until the socket is closed or the program sets it
  kFades,  ///< the kernel or the next write takes it back: set again and again
};

/// One socket that a fix would touch.
struct FixTarget {
  Process process;
  HeldSocket held;
  SocketInfo socket;
  bool listener = false;
  SocketSwitch which = SocketSwitch::kNodelay;
  std::uint32_t before = 0, wanted = 0;  ///< equal where only what is held gets pushed (MSG_MORE)
  Lasting lasting = Lasting::kStays;

  bool operator==(const FixTarget&) const = default;
};

struct FixPlan {
  FixKind kind = FixKind::kNodelay;
  WithListeners listeners = WithListeners::kNo;
  std::vector<FixTarget> targets;  ///< that would change
  std::size_t already = 0;         ///< that are as wanted
  std::vector<Error> refused;      ///< sockets that this user may not touch, one a process
  std::size_t sockets_seen = 0;
  bool partial = false;  ///< the table changed under the look: there may be more
};

/// What the live fix needs of the host; src/cli fills it in.
struct FixHost {
  SocketSource& sockets;
  ForeignSockets& foreign;
  Files& files;
  Clock& clock;
  std::function<Result<HeldSockets>(std::span<const int> pids)> held;
  std::function<Result<std::vector<Process>>()> processes;
  /// Sleeps; true where a stop is wanted.
  std::function<bool(std::chrono::nanoseconds time)> pause;
  std::function<void(const std::string& what)> progress;
  std::string state_dir;  ///< records are kept in its folder "sockets"
  std::string boot_id;
  std::uint64_t netns = 0;
  int hz = 250;
};

/// What the sockets are, and what would be set; changes nothing. Errors: kUsage where nothing is
/// selected or the listeners cannot pass the option on, kNotFound "no_such_process" and
/// "no_such_socket" where there is nothing to fix, kNotPermitted where this user may touch none of
/// it, kUnsupported.
Result<FixPlan> PlanFix(FixHost& host, const FixWish& wish);

/// What one socket did in some time, from several looks.
struct SocketPace {
  /// The smaller of data segments received and sent, a second: both ends may write in pieces.
  /// Absent before Linux 4.6.
  std::optional<double> exchanges_per_s;
  double bytes_per_s = 0;  ///< acknowledged and received
  double held_share = 0;   ///< of the looks: held_small, corked, ack_pending as the fix asks
  std::uint32_t looks = 0;

  bool operator==(const SocketPace&) const = default;
};

struct FixedSocket {
  FixTarget target;
  std::optional<std::uint32_t> after;  ///< read back; nothing where it could not be set
  std::optional<Error> error;
  std::optional<SocketPace> pace_before, pace_after;  ///< none of a listener
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
    std::string command, unit;
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

/// What became of one recorded socket when its option was put back.
struct PutBack {
  enum class Outcome {
    kRestored,
    kAlready,  ///< the old value was there
    kGone,     ///< closed, or of another boot
    kForeign,  ///< somebody else has set another value: kept
    kFailed,
  };
  FixRecord::Entry entry;
  Outcome outcome = Outcome::kRestored;
  std::uint32_t found = 0;  ///< where kForeign
  std::optional<Error> error;
};

std::string_view NameOf(PutBack::Outcome outcome);  ///< "restored", "already", "gone", ...

struct FixTiming {
  std::chrono::milliseconds look{1000};           ///< before, and after
  std::chrono::milliseconds interval{10};         ///< between two looks at the most
  std::chrono::milliseconds again{2};             ///< how often what fades is set
  std::optional<std::chrono::milliseconds> hold;  ///< for how long; absent: until a stop
};

struct FixReport {
  enum class Outcome {
    kFixed,
    kHeldForATime,  ///< only what fades: set for the time given, and left
    kNothingToDo,   ///< all targets have gone or are as wanted meanwhile
    kRestored,      ///< failed midway; what was set is put back
    kNotRestored,   ///< failed midway, and not all could be put back
    kInterruptedRestored,
  };
  Outcome outcome = Outcome::kNothingToDo;
  std::string record;  ///< path of what was saved, empty where nothing needs to be put back
  std::vector<FixedSocket> fixed;
  std::vector<PutBack> put_back;  ///< where something was put back
  std::optional<Error> cause;     ///< why
};

/// Looks, saves every old value (temporary file, fsync, rename, fsync of the folder, read back),
/// sets and reads back, looks again. The socket's identity (start of the process, inode, cookie) is
/// checked right before each set; a socket that has gone is passed over. Any other failure and a
/// stop put back what was set. Errors: only where nothing was set.
Result<FixReport> ApplyFix(FixHost& host, const FixPlan& plan, const FixTiming& timing);

/// The phases of a trial: without, with, without again.
struct TrialPhase {
  std::string name;  ///< "before", "with nodelay", "put back"
  double seconds = 0;
  double exchanges_per_s = 0;  ///< all connections together
  double bytes_per_s = 0;
  double held_share = 0;
  /// The same of each fifth of the phase, for how much it varies by itself.
  struct Slice {
    double exchanges_per_s = 0, bytes_per_s = 0, held_share = 0;

    bool operator==(const Slice&) const = default;
  };
  std::vector<Slice> slices;
};

enum class TrialVerdict {
  kCause,  ///< every slice with it differs from every slice without, before and after
  kNoDifference,
  kWorse,       ///< the same, but slower with it
  kNotBack,     ///< it changed, and did not change back: something else may have
  kNoTraffic,   ///< nothing was exchanged
  kUnfinished,  ///< stopped, or all sockets have gone
};
std::string_view NameOf(TrialVerdict verdict);  ///< "cause", "no_difference", ...

/// Pure. `phases` are three.
TrialVerdict JudgeTrial(std::span<const TrialPhase> phases);

struct TrialReport {
  FixReport::Outcome outcome =
      FixReport::Outcome::kNothingToDo;  ///< kRestored is how it should end
  std::vector<TrialPhase> phases;
  TrialVerdict verdict = TrialVerdict::kUnfinished;
  std::vector<FixedSocket> fixed;  ///< paces: before, and with it
  std::vector<PutBack> put_back;
  std::optional<Error> cause;
  std::string record;  ///< path, where it had to stay
};

/// A/B/A, each phase as long as `phase`; everything is put back however it ends. Errors: only where
/// nothing was set.
Result<TrialReport> TryFix(FixHost& host, const FixPlan& plan, std::chrono::milliseconds phase,
                           const FixTiming& timing);

struct UndoFixReport {
  std::vector<PutBack> sockets;  ///< newest record first
  std::vector<Error> damaged;    ///< records that cannot be read
};

/// Puts back what is recorded and selected (an empty selection: all), newest first, and forgets
/// records of which nothing is left to do. Compares before it sets. Errors: records cannot be
/// listed.
Result<UndoFixReport> UndoFixes(FixHost& host, const FixSelection& selection);

}  // namespace tunewire
