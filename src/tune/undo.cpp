#include "tune/undo.h"

#include <algorithm>
#include <set>

#include "tune/expand.h"

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
  // A confirmation that died may have begun a file of a transaction that is otherwise finished.
  const bool begun_file = item.kind == ItemKind::kFile && item.begun;
  const bool touched = options.unfinished ? TouchedByApply(items, tx, item)
                                          : item.stored_raw.has_value() || begun_file;
  if (!touched) return aim;
  aim.foreign = IsForeign(items, item, aim.found);
  aim.restore = !aim.foreign || options.overwrite_foreign;
  if (aim.restore) aim.aim = item.before_raw;
  return aim;
}

// A process that ended, or the keys of an interface that is gone, that only moved along: nothing is
// left to put back, and nobody misses it.
bool WentQuietly(const TxItem& item) {
  if (item.kind == ItemKind::kLimit) return true;
  const auto key = SysctlKey::Parse(item.name);
  if (!key || item.role != TxItem::Role::kSideEffect || !InterfaceFolder(*key)) return false;
  const std::string interface = key->parts()[3];
  return interface != "all" && interface != "default";
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
      if (!WentQuietly(item))
        undone.kept_foreign.push_back({.kind = item.kind,
                                       .name = item.name,
                                       .wanted = items.Shown(item, *item.stored_raw),
                                       .stored = WordsForGone(item)});
    } else if (item.stored_raw || TouchedByApply(items, tx, item)) {
      undone.refusal = found.error();
      undone.not_restored.push_back({.kind = item.kind,
                                     .name = item.name,
                                     .wanted = items.Shown(item, item.before_raw),
                                     .stored = "unreadable"});
    }
  }
  return aims;
}

class Settler {
 public:
  Settler(Items& items, JournalWriter* journal, const Tx& tx)
      : items_(items), journal_(journal), tx_(tx) {}

  // First pass backwards, as an undo should; the later ones forwards, so that what changes others
  // (written first by an apply) settles before what it changes.
  void Settle(const std::vector<Aim>& aims) {
    // What only moved along mostly moves back by itself: an own write would pin an interface's key,
    // so that it no longer follows its default.
    for (auto aim = aims.rbegin(); aim != aims.rend(); ++aim)
      if (aim->item->role != TxItem::Role::kSideEffect) Put(aims, *aim);
    for (int pass = 1; pass < kPasses; ++pass) {
      bool all_hold = true;
      for (const Aim& aim : aims) all_hold &= Put(aims, aim);
      if (all_hold) return;
    }
  }

  // What was announced and has come to rest.
  void RecordAnnounced() {
    for (const std::size_t index : announced_)
      if (const auto now = items_.Read(tx_.items[index])) (void)journal_->Stored(index, *now);
    announced_.clear();
  }

  [[nodiscard]] const std::optional<Error>& refusal() const { return refusal_; }

 private:
  std::size_t IndexOf(const Aim& aim) const {
    return static_cast<std::size_t>(aim.item - tx_.items.data());
  }

  // What this write is about to move along must not look like somebody else's change, should the
  // undo die before it is put right.
  void Announce(const std::vector<Aim>& aims, const Aim& cause) {
    if (journal_ == nullptr) return;
    (void)journal_->Begun(IndexOf(cause));
    for (const Aim& aim : aims) {
      if (aim.foreign || !items_.Coupled(*cause.item, *aim.item)) continue;
      (void)journal_->Begun(IndexOf(aim));
      announced_.insert(IndexOf(aim));
    }
  }

  // True where nothing had to be written.
  bool Put(const std::vector<Aim>& aims, const Aim& aim) {
    const auto now = items_.Read(*aim.item);
    if (now && items_.Same(*aim.item, *now, aim.aim)) return true;
    Announce(aims, aim);
    const auto written = items_.Write(*aim.item, aim.aim);
    if (!written) refusal_ = written.error();
    const auto stored = items_.Read(*aim.item);
    if (stored && journal_ != nullptr) (void)journal_->Stored(IndexOf(aim), *stored);
    return false;
  }

  Items& items_;
  JournalWriter* journal_;
  const Tx& tx_;
  std::set<std::size_t> announced_;
  std::optional<Error> refusal_;
};

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

Undone Undo(Items& items, JournalWriter* journal, const Tx& tx, const UndoOptions& options) {
  Undone undone;
  std::vector<Aim> aims = DecideAll(items, tx, options, undone);
  Settler settler(items, journal, tx);
  settler.Settle(aims);
  if (settler.refusal()) undone.refusal = settler.refusal();
  settler.RecordAnnounced();
  if (!options.all_or_nothing || AllHold(items, aims)) {
    Report(items, aims, undone);
    return undone;
  }
  Undone refused = undone;
  Report(items, aims, refused);
  std::vector<Aim> as_found = aims;
  for (Aim& aim : as_found) aim.aim = aim.found;
  settler.Settle(as_found);
  settler.RecordAnnounced();
  if (AllHold(items, as_found)) {
    // What is named is what refused: everything else went back and came again.
    undone.still_in_force = true;
    undone.not_restored = std::move(refused.not_restored);
  } else {
    Report(items, aims, undone);
  }
  return undone;
}

}  // namespace tunewire
