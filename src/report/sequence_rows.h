// What a sequence picture shows, row by row, before it is drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/probe/attribution.h"

namespace tunewire {

enum class Segment { kNone, kToServer, kToClient, kLostToServer, kLostToClient };

/// A moment of the exchange, or what lies between two.
struct SequenceRow {
  std::int64_t ns = 0;         ///< since the exchange began
  std::string client, server;  ///< what that end did: "write 200"
  Segment segment = Segment::kNone;
  std::string carries;      ///< the segment's label: "200 B", "ack"
  std::uint32_t bytes = 0;  ///< of a segment that left by itself: `carries` as a number
  bool pure_ack = false;
  std::string gap;  ///< a row between moments: "43.9 ms of silence"; no time of its own
};

/// A stretch of time on a lifeline.
struct SequenceBar {
  enum class Look { kHold, kWait, kSleep };
  Look look = Look::kHold;
  End end = End::kClient;  ///< whose lifeline
  std::int64_t from_ns = 0, to_ns = 0;
  std::string text;  ///< "held by Nagle"
};

struct SequenceRows {
  std::vector<SequenceRow> rows;  ///< in time order
  std::vector<SequenceBar> bars;
};

/// At most about 30 rows: of a longer exchange those in the middle are left out, and it says so.
SequenceRows RowsOf(const Timeline& timeline);

/// "44.012 ms", "1.234 s".
std::string Moment(std::int64_t ns);

}  // namespace tunewire
