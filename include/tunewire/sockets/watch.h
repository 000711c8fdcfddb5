// Looking at live sockets for a while, keeping the looks, and looking at kept ones again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/clock.h"
#include "tunewire/host/processes.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// What watching needs of the host; src/cli fills it in.
struct WatchHost {
  SocketSource& sockets;
  Clock& clock;
  std::function<Result<NetCounters>()> counters;
  std::function<Result<std::vector<AckState>>()> ack_states;
  std::function<Result<HeldSockets>(std::span<const int> pids)> held;
  std::function<Result<std::vector<Process>>()> processes;
  std::function<NetworkSettings()> settings;
  /// Sleeps; true where a stop is wanted.
  std::function<bool(std::chrono::nanoseconds time)> pause;
  /// Options of a held socket, empty function where they are not asked for.
  std::function<Result<SocketOptions>(const Process& process, const HeldSocket& held)> options;
  /// CPU time that this program has used; empty function: a look costs the time it takes, which on
  /// a busy host makes looks rarer than they need be.
  std::function<std::chrono::nanoseconds()> cpu;
};

struct WatchWish {
  SocketSelection selection;
  std::chrono::milliseconds time{3000};
  /// Between two looks; longer where a look itself takes long, so that looking stays below a tenth
  /// of one CPU.
  std::chrono::milliseconds interval{25};
};

/// Looks, hands each to every sink, and gathers what stands around the sockets. Errors: of the
/// first look, and with pids of finding what they hold; a later look that fails is a partial one.
///
/// The first look and the one at the end take in all that the filter passes, and as many between as
/// a tenth of one CPU allows. With pids, only their sockets are asked for once they are known, as
/// long as that is cheaper, and twice a second it is looked for new ones; where a look takes too
/// long to come at every interval, connections in trouble are asked for between two of them. A
/// process that begins later is not added. When a stop is wanted, what was seen so far counts.
Result<SocketSurroundings> WatchSockets(WatchHost& host, const WatchWish& wish,
                                        std::span<LookSink* const> sinks);

/// Keeps looks as they came from the kernel. `write` gets the file's bytes piece by piece.
class RecordingWriter : public LookSink {
 public:
  explicit RecordingWriter(std::function<Status(std::string_view bytes)> write);
  void Held(std::span<const HeldSocket> held) override;
  void Begin(LookHead head) override;
  void Socket(std::span<const std::byte> raw) override;
  void End(const SocketDump& dump) override;
  /// Surroundings, and the end mark. The first error of any write.
  Status Finish(const SocketSurroundings& around, std::string_view kernel);

 private:
  void Put(char type, std::string_view payload);

  std::function<Status(std::string_view)> write_;
  Status status_;
  std::uint64_t records_ = 0;
};

/// Plays a recording into `sink`. Where no process was selected when it was made, the sink is told
/// of all descriptors before the first look, so that one may be selected now. Pure. Errors:
/// kInvalid "invalid_recording" with the byte's offset; of a damaged file nothing is played.
Result<SocketSurroundings> PlayRecording(std::string_view bytes, LookSink& sink);

}  // namespace tunewire
