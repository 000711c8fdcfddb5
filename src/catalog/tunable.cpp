// The table as one constant array, and the search for a row.
#include "tunewire/catalog/tunable.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "catalog/rows/tables.h"

namespace tunewire {
namespace {

template <std::size_t... Sizes>
constexpr auto Concatenate(const Tunable (&... areas)[Sizes]) {
  std::array<Tunable, (Sizes + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& area) {
    for (const Tunable& row : area) all[at++] = row;
  };
  (append(areas), ...);
  return all;
}

constexpr auto kRows = Concatenate(rows::kCore);

/// Positions in kRows, ordered by key: the table itself is ordered by area, for people.
constexpr auto kByKey = [] {
  std::array<std::uint16_t, kRows.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint16_t>(i);
  std::ranges::sort(order, {}, [](std::uint16_t i) { return kRows[i].key; });
  return order;
}();

constexpr auto KeyAt = [](std::uint16_t i) { return kRows[i].key; };

static_assert(std::ranges::adjacent_find(kByKey, {}, KeyAt) == kByKey.end(), "a key has two rows");

const Tunable* FindByName(std::string_view name) {
  const auto found = std::ranges::lower_bound(kByKey, name, {}, KeyAt);
  return found != kByKey.end() && KeyAt(*found) == name ? &kRows[*found] : nullptr;
}

}  // namespace

std::span<const Tunable> AllTunables() { return kRows; }

const Tunable* FindTunable(const SysctlKey& key) {
  // In a name a '.' ends a part and nothing else does: an interface's own dots are shown as '/'.
  const std::string name = key.name();
  if (const Tunable* exact = FindByName(name)) return exact;
  for (std::size_t end = name.size(); end != 0;) {
    const std::size_t dot = name.rfind('.', end - 1);
    const std::size_t start = dot == std::string::npos ? 0 : dot + 1;
    const Tunable* row = FindByName(name.substr(0, start) + "*" + name.substr(end));
    if (row != nullptr || start == 0) return row;
    end = start - 1;
  }
  return nullptr;
}

}  // namespace tunewire
