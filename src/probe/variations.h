// The traffic as asked with one thing changed: each change is one that somebody could make. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tunewire/probe/pattern.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Which ends do something.
struct EndSet {
  bool client = false, server = false;

  bool operator==(const EndSet&) const = default;
};

/// Whether two writes follow each other with no read between them, going round.
bool WritesInPieces(const Script& script);

/// Whose write pattern it is: who writes in pieces; else who corks; else `traffic.writer`.
EndSet WritingEnds(const Traffic& traffic);

/// The ends that read what the writing ends write.
EndSet ReadingEnds(const Traffic& traffic);

/// What follows each other without a read between goes out in one write or writev. The pauses
/// between the pieces come first: the bytes must be there. None where a piece would be too large.
std::optional<Script> JoinWrites(const Script& script);

/// Cork and MSG_MORE end before every read.
Script CloseHolds(const Script& script);

struct Variation {
  RunRole role = RunRole::kOther;
  std::string label;  ///< "TCP_NODELAY"
  Traffic traffic;

  bool operator==(const Variation&) const = default;
};

struct VariationFacts {
  int hz = 0;                      ///< of the reading end, 0 unknown: decides the shortest maximum
  bool server_is_ours = true;      ///< false: an echo peer, whose options nobody here can set
  Cause suspected = Cause::kNone;  ///< what would tell the most about it comes first
  bool paced = false;              ///< bbr, and pacing may be what holds

  bool operator==(const VariationFacts&) const = default;
};

/// Those that change anything, the most telling first; all at the MSS of `asked`.
std::vector<Variation> VariationsOf(const Traffic& asked, const VariationFacts& facts);

}  // namespace tunewire
