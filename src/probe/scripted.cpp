#include "probe/scripted.h"

#include <array>
#include <utility>
#include <vector>

#include "probe/track.h"

namespace tunewire {
namespace {

constexpr int kExchanges = 4;  // the last of so many is in the steady state

enum class Sleeps { kBoth, kClients, kServers };

struct Player {
  const Script* script = nullptr;
  bool sleeps = true;
  std::size_t step = 0;
  int exchange = 0;
  std::int64_t now = 0;
  std::uint64_t wrote = 0, read = 0;
  std::vector<std::pair<std::uint64_t, std::int64_t>> arrivals;  // bytes in all, there since
};

std::uint64_t BytesOf(const Step& step) {
  std::uint64_t bytes = 0;
  for (const std::uint32_t size : step.sizes) bytes += size;
  return bytes;
}

/// False where the step must wait for the other end.
bool Play(Player& player, const Player& peer, const Step& step) {
  if (step.kind == StepKind::kSleep && player.sleeps) {
    player.now += std::chrono::nanoseconds(step.pause).count();
  }
  if (IsWrite(step.kind)) {
    player.wrote += BytesOf(step);
    player.arrivals.emplace_back(player.wrote, player.now);
  }
  if (step.kind != StepKind::kRead) return true;
  const std::uint64_t wanted = player.read + BytesOf(step);
  for (const auto& [bytes, since] : peer.arrivals) {
    if (bytes < wanted) continue;
    if (since > player.now) player.now = since;
    player.read = wanted;
    return true;
  }
  return false;
}

class Game {
 public:
  Game(const Traffic& traffic, Sleeps sleeps, std::int64_t think)
      : think_(sleeps == Sleeps::kServers ? 0 : think) {
    players_[0].script = &traffic.client;
    players_[0].sleeps = sleeps != Sleeps::kServers;
    players_[1].script = &traffic.server;
    players_[1].sleeps = sleeps != Sleeps::kClients;
  }

  /// The client's last exchange; -1 where the scripts wait for each other.
  std::int64_t Run() {
    while (players_[0].exchange < kExchanges) {
      const bool client = Advance(0);
      const bool server = players_[1].exchange < kExchanges && Advance(1);
      if (!client && !server) return -1;
    }
    return length_;
  }

 private:
  bool Advance(std::size_t who) {
    Player& player = players_[who];
    if (player.step == 0) began_[who] = player.now;
    if (player.script->empty()) return false;
    if (!Play(player, players_[1 - who], (*player.script)[player.step])) return false;
    if (++player.step < player.script->size()) return true;
    player.step = 0;
    ++player.exchange;
    if (who == 0) length_ = player.now - began_[0];
    if (who == 0) player.now += think_;
    return true;
  }

  std::array<Player, 2> players_;
  std::array<std::int64_t, 2> began_{};
  std::int64_t think_, length_ = 0;
};

std::int64_t Length(const Traffic& traffic, Sleeps sleeps, std::int64_t think) {
  return Game(traffic, sleeps, think).Run();
}

}  // namespace

ScriptedLength LengthOfScripts(const Traffic& traffic, std::chrono::microseconds think) {
  const std::int64_t rest = std::chrono::nanoseconds(think).count();
  ScriptedLength length{Length(traffic, Sleeps::kBoth, rest),
                        Length(traffic, Sleeps::kClients, rest),
                        Length(traffic, Sleeps::kServers, rest)};
  if (length.ns >= 0) return length;
  // Scripts that do not fit each other (an echo peer's) still sleep as they say.
  length.client_ns = std::chrono::nanoseconds(ScriptedPauses(traffic.client)).count();
  length.server_ns = std::chrono::nanoseconds(ScriptedPauses(traffic.server)).count();
  length.ns = length.client_ns + length.server_ns;
  return length;
}

}  // namespace tunewire
