// Tallies of signs for very many connections: only signs that were shown take room. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// The signs of one connection so far.
struct SignTrack {
  SignSet shown_last = 0;  ///< in its look before
  std::uint32_t head = 0;  ///< into the pool, plus 1
};

class SignTallies {
 public:
  /// One look of a connection at `at_ns`. `judged`: signs that this look could tell at all; the
  /// others neither go on nor break off.
  void Add(SignTrack& track, SignSet shown, SignSet judged, std::int64_t at_ns);

  [[nodiscard]] std::array<SignTally, kSigns> Of(const SignTrack& track) const;
  /// Looks that showed one of `signs`, each counted.
  [[nodiscard]] std::uint64_t Looks(const SignTrack& track, SignSet signs) const;
  [[nodiscard]] std::size_t MemoryBytes() const { return nodes_.size() * sizeof(Node); }

 private:
  struct Node {
    SignTally tally;
    std::int64_t run_start_ns = 0;
    std::uint32_t next = 0;
    Sign sign{};
  };

  Node& NodeOf(SignTrack& track, Sign sign);

  std::deque<Node> nodes_;  // grows without ever holding twice what it needs
};

}  // namespace tunewire
