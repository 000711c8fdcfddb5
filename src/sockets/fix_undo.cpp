// Putting back what is recorded.
#include <algorithm>

#include "base/format.h"
#include "sockets/fix_store.h"
#include "sockets/fix_touch.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool HasPort(std::string_view end, std::uint16_t port) {
  return end.ends_with(Format(":{}", port));
}

bool Selected(const FixSelection& selection, const FixRecord::Entry& entry) {
  if (!selection.pids.empty() &&
      std::ranges::find(selection.pids, entry.process.pid) == selection.pids.end())
    return false;
  if (!selection.command.empty() && entry.command != Printable(selection.command)) return false;
  if (!selection.unit.empty() && entry.unit != Printable(selection.unit)) return false;
  return !selection.port || HasPort(entry.local, *selection.port) ||
         HasPort(entry.remote, *selection.port);
}

bool NothingLeft(const PutBack& done) {
  return done.outcome != PutBack::Outcome::kFailed && done.outcome != PutBack::Outcome::kForeign;
}

class Undoing {
 public:
  Undoing(FixHost& host, const FixSelection& selection)
      : host_(host), selection_(selection), store_(host), putting_(host) {}

  Result<UndoFixReport> Do() {
    store_.Sweep();
    Result<StoredFixes> stored = store_.Read();
    if (!stored) return Fail(stored.error());
    report_.damaged = std::move(stored->damaged);
    for (FixRecord& record : stored->records) Undo(record);
    return std::move(report_);
  }

 private:
  void Undo(FixRecord& record) {
    const std::size_t before = record.entries.size();
    // Last set, first put back.
    std::ranges::reverse(record.entries);
    std::erase_if(record.entries,
                  [&](const FixRecord::Entry& entry) { return UndoOne(record, entry); });
    std::ranges::reverse(record.entries);
    Status kept;
    if (record.entries.empty()) {
      kept = store_.Remove(record);
    } else if (record.entries.size() != before) {
      kept = store_.Write(record);
    }
    // What was put back is put back; a record that stays is harmless, and is said.
    if (!kept) report_.damaged.push_back(kept.error());
  }

  /// True where nothing is left to do for it.
  bool UndoOne(const FixRecord& record, const FixRecord::Entry& entry) {
    if (!Selected(selection_, entry)) return false;
    const bool other_boot = record.boot_id != Printable(host_.boot_id);
    report_.sockets.push_back(other_boot ? PutBack{entry, PutBack::Outcome::kGone, 0, std::nullopt}
                                         : putting_.Do(entry));
    return NothingLeft(report_.sockets.back());
  }

  FixHost& host_;
  const FixSelection& selection_;
  FixStore store_;
  PuttingBack putting_;
  UndoFixReport report_;
};

}  // namespace

Result<UndoFixReport> UndoFixes(FixHost& host, const FixSelection& selection) {
  return Undoing(host, selection).Do();
}

}  // namespace tunewire
