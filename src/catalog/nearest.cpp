// What a mistyped key may have meant.
#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

constexpr std::size_t kLongestTypo = 128;  // a distance costs length x length
constexpr std::size_t kMostNames = 3;

/// Smaller is nearer; members compare in this order.
struct Rank {
  int distance;
  bool dead;
  std::string name;

  auto operator<=>(const Rank&) const = default;
};

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::size_t CountParts(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count(name, '.')) + 1;
}

std::string_view Part(std::string_view name, std::size_t index) {
  for (; index != 0; --index) name.remove_prefix(name.find('.') + 1);
  return name.substr(0, name.find('.'));
}

/// A row's key with the interface that was typed in the place of its '*', "default" where none was.
std::string Filled(std::string_view key, std::string_view typed) {
  const std::size_t star = key.find('*');
  if (star == std::string_view::npos) return std::string(key);
  const std::size_t index = CountParts(key.substr(0, star)) - 1;
  const bool same_shape = CountParts(typed) == CountParts(key);
  const std::string_view middle = same_shape ? Part(typed, index) : "default";
  return std::string(key.substr(0, star)) + std::string(middle) + std::string(key.substr(star + 1));
}

/// "net.ipv4.tcp_congestion" begins "net.ipv4.tcp_congestion_control".
bool IsBeginning(std::string_view typed, std::string_view name) {
  return !typed.empty() && name.size() > typed.size() && name.starts_with(typed) &&
         name[typed.size()] == '_';
}

/// How far `typed` is from `name`: as a whole, or, where the folder is missing or wrong or the end
/// was left out, by the part that is there.
int Distance(std::string_view typed, std::string_view name) {
  constexpr int kCutShort = 1;
  constexpr int kElsewhere = 2;
  const bool bare = typed.find('.') == std::string_view::npos;
  if (IsBeginning(typed, bare ? LastPart(name) : name)) return kCutShort;
  const int by_part = EditDistance(LastPart(typed), LastPart(name));
  if (bare) return by_part;
  const int whole = EditDistance(typed, name);
  return by_part == 0 ? std::min(whole, kElsewhere) : whole;
}

std::optional<Rank> RankOf(std::string_view typed, const Tunable& row) {
  std::string name = Filled(row.key, typed);
  const int limit = std::max(2, static_cast<int>(typed.size() / 3));
  const int distance = Distance(typed, name);
  if (distance > limit) return std::nullopt;
  return Rank{distance, row.standing != Standing::kLive, std::move(name)};
}

/// As a dotted name: what a person typed may have slashes and white space around it.
std::string Dotted(std::string_view text) {
  const std::string_view trimmed = Trim(text).substr(0, kLongestTypo);
  const auto key = SysctlKey::Parse(trimmed);
  return key ? key->name() : std::string(trimmed);
}

}  // namespace

std::vector<std::string> NearestKeys(std::string_view name) {
  const std::string typed = Dotted(name);
  std::vector<Rank> ranks;
  for (const Tunable& row : AllTunables()) {
    if (auto rank = RankOf(typed, row)) ranks.push_back(std::move(*rank));
  }
  std::ranges::sort(ranks);
  std::vector<std::string> nearest;
  for (Rank& rank : ranks) {
    if (nearest.size() == kMostNames) break;
    // Rows of all interfaces and of one family's default may stand for the same typed name.
    if (std::ranges::count(nearest, rank.name) > 0) continue;
    nearest.push_back(std::move(rank.name));
  }
  return nearest;
}

}  // namespace tunewire
