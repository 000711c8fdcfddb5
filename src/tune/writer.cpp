#include "tune/writer.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kPasses = 3;

Error ChangedMeanwhile(const Items& items, const TxItem& item, std::string_view found) {
  return {.kind = ErrorKind::kConflict,
          .code = "changed_meanwhile",
          .message = Format("{} was changed by somebody else: {} is now {}", item.name,
                            items.Shown(item, item.before_raw), items.Shown(item, found)),
          .subject = item.name,
          .hint = "look at it, then plan again"};
}

Error NotKept(const Items& items, const TxItem& item, std::string_view stored) {
  return {.kind = ErrorKind::kIo,
          .code = "not_kept",
          .message = Format("{}: the kernel took {} and stored {}", item.name,
                            items.Shown(item, item.wanted), items.Shown(item, stored)),
          .operation = "write",
          .subject = item.name,
          .hint = Format("ask for {} in the profile", items.Shown(item, stored))};
}

// What is given back gets exactly its old value; what is asked for may be rounded.
bool Holds(const Items& items, const TxItem& item, std::string_view now) {
  return item.role == TxItem::Role::kReleased ? items.Same(item, item.wanted, now)
                                              : items.Kept(item, item.wanted, now);
}

bool Gone(const TxItem& item, const Error& error) {
  return item.kind == ItemKind::kLimit && error.kind == ErrorKind::kNotFound;
}

}  // namespace

Status Writer::Run(Which which, const Progress& progress) {
  which_ = which;
  auto step = WriteAll(progress);
  for (int pass = 1; step && pass < kPasses && !settled_; ++pass) step = Repair();
  if (step && !settled_) step = Fail(unsettled_);
  if (step) step = RecordSideEffects();
  return step;
}

bool Writer::HasAim(const TxItem& item) const {
  const bool is_file = item.kind == ItemKind::kFile;
  if (which_ != Which::kAll && is_file != (which_ == Which::kFiles)) return false;
  return item.role == TxItem::Role::kWanted || item.role == TxItem::Role::kReleased ||
         item.role == TxItem::Role::kHeld;
}

bool Writer::MayHaveMoved(const TxItem& item) const {
  return std::ranges::any_of(
      tx_.items, [&](const TxItem& cause) { return cause.begun && items_.Coupled(cause, item); });
}

Status Writer::WriteAll(const Progress& progress) {
  const auto is_due = [&](const TxItem& item) {
    return HasAim(item) && item.role != TxItem::Role::kHeld;
  };
  const auto total = static_cast<int>(std::ranges::count_if(tx_.items, is_due));
  int done = 0;
  for (std::size_t i = 0; i < tx_.items.size(); ++i) {
    if (!is_due(tx_.items[i])) continue;
    const auto written = CheckAndWrite(i);
    if (!written) return written;
    if (progress) progress(++done, total);
  }
  return {};
}

Status Writer::CheckAndWrite(std::size_t index) {
  const TxItem& item = tx_.items[index];
  if (host_.interrupted && host_.interrupted())
    return Fail({.kind = ErrorKind::kInterrupted,
                 .code = "interrupted",
                 .message = "interrupted before everything was written"});
  const auto now = items_.Read(item);
  // A process that ended since the plan has no limit that could be wrong.
  if (!now && Gone(item, now.error())) return {};
  if (!now) return Fail(now.error());
  const bool moved = !items_.Same(item, *now, item.before_raw);
  if (moved && !MayHaveMoved(item)) return Fail(ChangedMeanwhile(items_, item, *now));
  if (Holds(items_, item, *now)) return RecordStored(index, *now);
  const auto written = Write(index);
  if (!written && Gone(item, written.error())) return {};
  return written;
}

Status Writer::Write(std::size_t index) {
  TxItem& item = tx_.items[index];
  auto step = journal_.Begun(index);
  // A live value dies with the power, and its record may; a file outlives it.
  if (step && item.kind == ItemKind::kFile) step = journal_.Sync();
  if (!step) return step;
  item.begun = true;
  item.stored_raw = std::nullopt;
  step = items_.Write(item, item.wanted);
  if (!step) return step;
  const auto now = items_.Read(item);
  if (!now) return Fail(now.error());
  step = RecordStored(index, *now);
  if (step && !Holds(items_, item, *now)) return Fail(NotKept(items_, item, *now));
  return step;
}

Status Writer::RecordStored(std::size_t index, const std::string& raw) {
  tx_.items[index].begun = true;
  tx_.items[index].stored_raw = raw;
  return journal_.Stored(index, raw);
}

// Verifies every key the profile asks for, and sets again what the write of a coupled key took
// away. Anything else that moved was somebody else's doing.
Status Writer::Repair() {
  settled_ = true;
  for (std::size_t i = 0; i < tx_.items.size(); ++i) {
    const TxItem& item = tx_.items[i];
    if (!HasAim(item)) continue;
    const auto now = items_.Read(item);
    if (!now && Gone(item, now.error())) continue;
    if (!now) return Fail(now.error());
    if (Holds(items_, item, *now)) continue;
    if (!MayHaveMoved(item)) return Fail(ChangedMeanwhile(items_, item, *now));
    settled_ = false;
    unsettled_ = NotKept(items_, item, *now);
    const auto written = Write(i);
    if (!written) return written;
  }
  return {};
}

Status Writer::RecordSideEffects() {
  for (std::size_t i = 0; i < tx_.items.size(); ++i) {
    const TxItem& item = tx_.items[i];
    if (item.role != TxItem::Role::kSideEffect) continue;
    const auto now = items_.Read(item);
    if (!now && now.error().kind == ErrorKind::kNotFound) continue;
    if (!now) return Fail(now.error());
    if (items_.Same(item, *now, item.before_raw)) continue;
    const auto recorded = RecordStored(i, *now);
    if (!recorded) return recorded;
  }
  return {};
}

std::optional<std::string> ReloadUnits(const TuneHost& host, const Tx& tx) {
  const bool touched = std::ranges::any_of(tx.items, [](const TxItem& item) {
    return item.kind == ItemKind::kFile && item.begun &&
           item.name.find("/etc/systemd/system/") != std::string::npos;
  });
  if (!touched || !host.reload_units) return std::nullopt;
  const auto reloaded = host.reload_units();
  if (reloaded) return std::nullopt;
  return Format("{}: run systemctl daemon-reload", reloaded.error().message);
}

}  // namespace tunewire
