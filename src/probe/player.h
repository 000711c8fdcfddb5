// One end of a run on its socket: the script, step by step.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "probe/end_record.h"
#include "probe/guard.h"
#include "tunewire/base/result.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// One end: its script, again and again.
class Player {
 public:
  Player(int fd, End end, const RunSpec& spec, Guard& guard)
      : fd_(fd),
        end_(end),
        script_(end == End::kClient ? spec.traffic.client : spec.traffic.server),
        options_(end == End::kClient ? spec.traffic.client_options : spec.traffic.server_options),
        guard_(guard),
        record_(fd, script_, spec) {}

  Status Begin();
  /// The script once. Nothing but kOn: it was left in the middle.
  Go Exchange(std::uint32_t number);
  /// Until that point of CLOCK_MONOTONIC.
  Go Rest(std::int64_t until);
  /// After a server's last exchange: the client's end of file.
  Go AwaitEnd();

  EndRecord& record() { return record_; }
  [[nodiscard]] const Error& error() const { return failed_ ? error_ : guard_.error(); }

 private:
  Go Take(const Step& step);
  Go Stamped(std::uint32_t number);
  Go Write(std::uint32_t size, int flags);
  Go WriteVector(const Step& step);
  Go Read(std::uint32_t size);
  void AwaitData();
  std::int64_t Receive(std::size_t size);
  Go AwaitAck();
  Go Done(const Status& status);
  Go Failed(Error error);
  /// After a call that did nothing: may it be made again?
  Go Again(const char* operation, int os_error, std::int64_t& since);

  int fd_;
  End end_;
  const Script& script_;
  const EndOptions& options_;
  Guard& guard_;
  EndRecord record_;
  std::vector<std::byte> data_;
  bool look_often_ = false;  ///< several waits an exchange: it may last long without any long wait
  bool begun_ = false;       ///< something of this exchange has been read
  std::optional<std::int64_t> arrival_;  ///< CLOCK_REALTIME of the last read
  bool failed_ = false;
  Error error_;
};

}  // namespace tunewire
