#include "tune/undo.h"

#include <algorithm>
#include <ranges>

#include "base/format.h"

namespace tunewire {
namespace {

constexpr int kPasses = 3;

// One item under undo: what was there at the first look, and what it should hold in the end. Items
// that stay as they are have an aim too, because putting back another may change them.
struct Aim {
  const TxItem* item = nullptr;
  std::string found;
  std::string aim;
  bool restore = false;
  bool foreign = false;
};

bool TouchedByApply(const Items& items, const Tx& tx, const TxItem& item) {
  return item.begun || std::ranges::any_of(tx.items, [&](const TxItem& cause) {
           return cause.begun && items.Coupled(cause, item);
         });
}

bool IsForeign(const Items& items, const TxItem& item, const std::string& found) {
  return item.stored_raw && !items.Same(item, found, *item.stored_raw);
}

Aim Decide(const Items& items, const Tx& tx, const TxItem& item, std::string found,
           const UndoOptions& options) {
  Aim aim{.item = &item, .found = found, .aim = std::move(found)};
  if (items.Same(item, aim.found, item.before_raw)) return aim;
  const bool touched =
      options.unfinished ? TouchedByApply(items, tx, item) : item.stored_raw.has_value();
  if (!touched) return aim;
  aim.foreign = IsForeign(items, item, aim.found);
  aim.restore = !aim.foreign || options.overwrite_foreign;
  if (aim.restore) aim.aim = item.before_raw;
  return aim;
}

std::string WordsForGone(const TxItem& item) {
  return item.kind == ItemKind::kLimit ? "process ended" : "absent";
}

// Items out of reach have no aim. What vanished since (an interface, a module) is not ours to bring
// back, and is said.
std::vector<Aim> DecideAll(const Items& items, const Tx& tx, const UndoOptions& options,
                           Undone& undone) {
  std::vector<Aim> aims;
  for (const TxItem& item : tx.items) {
    if (item.role == TxItem::Role::kSkipped) continue;
    if (options.live_gone && DiesWithBoot(item.kind)) continue;
    auto found = items.Read(item);
    if (found) {
      aims.push_back(Decide(items, tx, item, *std::move(found), options));
    } else if (item.stored_raw && found.error().kind == ErrorKind::kNotFound) {
      if (item.kind != ItemKind::kLimit && item.role != TxItem::Role::kSideEffect)
        undone.kept_foreign.push_back({.kind = item.kind,
                                       .name = item.name,
                                       .wanted = items.Shown(item, *item.stored_raw),
                                       .stored = WordsForGone(item)});
    } else if (item.begun || item.stored_raw) {
      undone.refusal = found.error();
      undone.not_restored.push_back({.kind = item.kind,
                                     .name = item.name,
                                     .wanted = items.Shown(item, item.before_raw),
                                     .stored = "unreadable"});
    }
  }
  return aims;
}

// First pass backwards, as an undo should; the later ones forwards, so that what changes others
// (written first by an apply) settles before what it changes.
void Settle(Items& items, const std::vector<Aim>& aims, std::optional<Error>& refusal) {
  const auto put = [&](const Aim& aim) {
    const auto now = items.Read(*aim.item);
    if (now && items.Same(*aim.item, *now, aim.aim)) return true;
    const auto written = items.Write(*aim.item, aim.aim);
    if (!written) refusal = written.error();
    return false;
  };
  for (const Aim& aim : std::views::reverse(aims)) put(aim);
  for (int pass = 1; pass < kPasses; ++pass) {
    bool all_hold = true;
    for (const Aim& aim : aims) all_hold &= put(aim);
    if (all_hold) return;
  }
}

bool Holds(const Items& items, const Aim& aim, const std::string& raw, std::string& now_shown) {
  const auto now = items.Read(*aim.item);
  now_shown = now ? items.Shown(*aim.item, *now) : "unreadable";
  return now && items.Same(*aim.item, *now, raw);
}

bool AllHold(const Items& items, const std::vector<Aim>& aims) {
  std::string ignored;
  return std::ranges::all_of(aims,
                             [&](const Aim& aim) { return Holds(items, aim, aim.aim, ignored); });
}

bool SetAgain(Items& items, std::vector<Aim> aims) {
  std::optional<Error> ignored;
  for (Aim& aim : aims) aim.aim = aim.found;
  Settle(items, aims, ignored);
  return AllHold(items, aims);
}

void Report(const Items& items, const std::vector<Aim>& aims, Undone& undone) {
  for (const Aim& aim : aims) {
    const TxItem& item = *aim.item;
    ItemOutcome outcome{.kind = item.kind,
                        .name = item.name,
                        .before = items.Shown(item, aim.found),
                        .wanted = items.Shown(item, aim.aim),
                        .stored = {}};
    if (!Holds(items, aim, aim.aim, outcome.stored)) {
      undone.not_restored.push_back(std::move(outcome));
    } else if (aim.restore) {
      undone.restored.push_back(std::move(outcome));
    } else if (aim.foreign) {
      outcome.wanted = items.Shown(item, *item.stored_raw);
      undone.kept_foreign.push_back(std::move(outcome));
    }
  }
}

}  // namespace

Undone Undo(Items& items, const Tx& tx, const UndoOptions& options) {
  Undone undone;
  std::vector<Aim> aims = DecideAll(items, tx, options, undone);
  Settle(items, aims, undone.refusal);
  if (!options.all_or_nothing || AllHold(items, aims)) {
    Report(items, aims, undone);
    return undone;
  }
  Undone refused = undone;
  Report(items, aims, refused);
  if (SetAgain(items, aims)) {
    // What is named is what refused: everything else went back and came again.
    undone.still_in_force = true;
    undone.not_restored = std::move(refused.not_restored);
  } else {
    Report(items, aims, undone);
  }
  return undone;
}

}  // namespace tunewire
