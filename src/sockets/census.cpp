#include "sockets/census.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace tunewire {
namespace {

constexpr std::size_t kMostDestinations = 16;

std::uint64_t Mix(std::uint64_t hash, std::uint64_t word) {
  hash ^= word;
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32U);
}

std::uint64_t Word(const SocketEnd& end, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, end.address.data() + at, sizeof word);
  return word;
}

std::uint64_t HashOf(const SocketGlance& socket) {
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
  for (const SocketEnd* end : {&socket.local, &socket.remote}) {
    hash = Mix(Mix(hash, Word(*end, 0)), Word(*end, 8));
  }
  return Mix(Mix(hash, socket.remote.port), socket.remote.v6 ? 6 : 4);
}

/// Of a listener there is no destination, and a request that awaits its ACK has no port of ours.
bool TakesPort(TcpState state) {
  return state != TcpState::kListen && state != TcpState::kNewSynReceived &&
         state != TcpState::kClose && state != TcpState::kUnknown;
}

}  // namespace

void Census::Begin() {
  by_state_.fill(0);
  entries_.clear();
  cells_.assign(kRows * kCells, {});
}

Census::Cell Census::Count(std::uint64_t hash, bool time_wait) {
  Cell least{UINT32_MAX, UINT32_MAX};
  for (std::size_t row = 0; row < kRows; ++row) {
    Cell& cell = cells_[row * kCells + (hash >> (row * 16)) % kCells];
    ++cell.ports;
    cell.time_wait += time_wait ? 1 : 0;
    least.ports = std::min(least.ports, cell.ports);
    least.time_wait = std::min(least.time_wait, cell.time_wait);
  }
  return least;
}

void Census::Add(const SocketGlance& socket) {
  ++by_state_[static_cast<std::size_t>(socket.state)];
  if (!TakesPort(socket.state)) return;
  const bool time_wait = socket.state == TcpState::kTimeWait;
  const std::uint64_t hash = HashOf(socket);
  if (const auto found = entries_.find(hash); found != entries_.end()) {
    ++found->second.ports;
    found->second.time_wait += time_wait ? 1 : 0;
    return;
  }
  const Cell counted = Count(hash, time_wait);
  if (counted.ports < kWorthPorts || entries_.size() >= kMostEntries) return;
  Evidence::Destination destination{socket.remote, socket.local, counted.ports, counted.time_wait};
  destination.local.port = 0;
  entries_.emplace(hash, destination);
}

std::vector<Evidence::Destination> Census::Largest() const {
  std::vector<Evidence::Destination> all;
  for (const auto& [hash, destination] : entries_) all.push_back(destination);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(b.ports, a.remote, a.local) < std::tie(a.ports, b.remote, b.local);
  });
  all.resize(std::min(all.size(), kMostDestinations));
  return all;
}

}  // namespace tunewire
