// How many sockets there are by state and by destination, in room that does not grow with them.
// Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "host/socket_glance.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// Fewer local ports towards one destination are not worth a word.
inline constexpr std::uint32_t kWorthPorts = 100;

class Census {
 public:
  void Begin();
  void Add(const SocketGlance& socket);

  [[nodiscard]] const std::array<std::uint64_t, 13>& by_state() const { return by_state_; }
  /// The largest ones, most ports first.
  [[nodiscard]] std::vector<Evidence::Destination> Largest() const;

 private:
  // A count-min sketch: what falls into a cell of each row is at least a destination's number, and
  // with so many cells hardly more. Only what has reached kWorthPorts there gets its own entry.
  static constexpr std::size_t kRows = 2;
  static constexpr std::size_t kCells = 32768;
  static constexpr std::size_t kMostEntries = 4096;
  struct Cell {
    std::uint32_t ports = 0, time_wait = 0;
  };

  Cell Count(std::uint64_t hash, bool time_wait);

  std::array<std::uint64_t, 13> by_state_{};
  std::vector<Cell> cells_;  ///< row after row
  std::unordered_map<std::uint64_t, Evidence::Destination> entries_;
};

}  // namespace tunewire
