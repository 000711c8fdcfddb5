// The search for a row. The table and its index are constants: nothing is built at start.
#include "tunewire/catalog/tunable.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "base/fnv.h"
#include "catalog/rows/tables.h"

namespace tunewire {
namespace {

using rows::kRows;

struct Slot {
  std::uint64_t hash;
  std::uint16_t row;
};

/// By hash, which is cheap enough to run over all at compile time: the table itself is ordered by
/// area, for people.
constexpr auto kIndex = [] {
  std::array<Slot, kRows.size()> index{};
  for (std::size_t i = 0; i < index.size(); ++i) {
    index[i] = {Fnv1a(kRows[i].key, kFnv1aOfNothing), static_cast<std::uint16_t>(i)};
  }
  std::ranges::sort(index, {}, &Slot::hash);
  return index;
}();

static_assert(std::ranges::adjacent_find(kIndex, {}, &Slot::hash) == kIndex.end(),
              "a key has two rows");

/// A name in three pieces, so that one part can be replaced without building a string.
struct Pieces {
  std::string_view head;
  std::string_view part;
  std::string_view tail;
};

bool Equals(std::string_view key, const Pieces& name) {
  return key.size() == name.head.size() + name.part.size() + name.tail.size() &&
         key.starts_with(name.head) && key.ends_with(name.tail) &&
         key.substr(name.head.size(), name.part.size()) == name.part;
}

const Tunable* Find(const Pieces& name) {
  const std::uint64_t hash = Fnv1a(name.tail, Fnv1a(name.part, Fnv1a(name.head, kFnv1aOfNothing)));
  const auto slot = std::ranges::lower_bound(kIndex, hash, {}, &Slot::hash);
  if (slot == kIndex.end() || slot->hash != hash) return nullptr;
  const Tunable& row = kRows[slot->row];
  return Equals(row.key, name) ? &row : nullptr;
}

}  // namespace

std::span<const Tunable> AllTunables() { return kRows; }

const Tunable* FindTunable(const SysctlKey& key) {
  // In a name a '.' ends a part and nothing else does: an interface's own dots are shown as '/'.
  const std::string spelled = key.name();
  const std::string_view name = spelled;
  if (const Tunable* exact = Find({name, "", ""})) return exact;
  for (std::size_t end = name.size(); end != 0;) {
    const std::size_t dot = name.rfind('.', end - 1);
    const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
    const Tunable* row = Find({name.substr(0, start), "*", name.substr(end)});
    if (row != nullptr || start == 0) return row;
    end = start - 1;
  }
  return nullptr;
}

}  // namespace tunewire
