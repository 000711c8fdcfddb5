// The load of a wish, as every wall reckons with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/check/walls.h"

namespace tunewire {

struct LoadShape {
  const LoadWish& wish;
  const HostFacts& facts;
  bool both_here = false;  ///< client and server are on this host
  /// New connections a second; nothing where connections are kept, or nobody knows.
  std::optional<double> opened_per_s;
  bool endless_opening = false;  ///< not kept, as fast as it goes: nobody knows how fast
};

LoadShape ShapeOf(const LoadWish& wish, const HostFacts& facts,
                  const std::optional<Calibration>& calibration);

/// Every destination is an address of this host: neither wire nor card takes part.
bool BothHere(const LoadWish& wish, const HostFacts& facts);

/// How many of those opened during `seconds` there are at most: fewer where the load ends earlier.
double OpenedWithin(const LoadShape& shape, double seconds);

/// Where the accept queue of this load's listener stands; nothing where it is not on this host.
struct QueueAsked {
  std::uint64_t backlog = 0;             ///< as listen(2) would keep it: not above somaxconn
  std::uint64_t waiting = 0;             ///< there to be accepted now
  std::string words;                     ///< how it came about
  std::string unknown;                   ///< why it is not known
  std::uint64_t share = 1, targets = 1;  ///< how many of the load's targets lead to this queue

  /// How many connections of the load there can be until it is full and nothing is accepted.
  [[nodiscard]] std::uint64_t Room() const;
};
std::optional<QueueAsked> QueueOf(const LoadShape& shape);

/// A wall with its numbers judged and `at_seconds` filled in where the load opens at a rate.
Wall MadeWall(const LoadShape& shape, Wall wall);
Wall UnknownWall(std::string resource, std::string title, std::string why);

/// Pages of tcp_mem that one connection holds while so many bytes wait to be read or acknowledged.
std::uint64_t PagesOfMessage(const LoadShape& shape);

std::string Number(double number);                   ///< "28232", "0.25"
std::string CountConnections(std::uint64_t number);  ///< "1 connection"

}  // namespace tunewire
