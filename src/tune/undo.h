// Putting old values back: which items, past whom, and in which order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tune/items.h"
#include "tune/journal.h"

namespace tunewire {

struct UndoOptions {
  bool overwrite_foreign = false;  ///< also where somebody else changed the item since
  bool unfinished = false;         ///< the journal may lack the last steps: infer them
  bool live_gone = false;          ///< another boot: only files are left to undo
  bool all_or_nothing = false;     ///< where one write is refused, set the others again
};

struct Undone {
  std::vector<ItemOutcome> restored;      ///< `before` is what was found
  std::vector<ItemOutcome> kept_foreign;  ///< `wanted` is what we had stored
  std::vector<ItemOutcome> not_restored;  ///< `wanted` is the old value, `stored` what is there
  std::optional<Error> refusal;
  bool still_in_force = false;  ///< all_or_nothing, and everything is as it was found
};

/// Decides for every item from one look at all of them, then writes in reverse order, then repairs
/// what the kernel changed along. Each write is announced in the journal where there is one, so
/// that an undo that dies is not mistaken for somebody else's change; a record that cannot be
/// written stops nothing.
Undone Undo(Items& items, JournalWriter* journal, const Tx& tx, const UndoOptions& options);

}  // namespace tunewire
