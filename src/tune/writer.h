// The writing part of one transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tune/items.h"
#include "tune/journal.h"

namespace tunewire {

/// Writes every item once, reads it back, repairs what a coupled key took away. Every step is in
/// the journal before or right after it happens; a failure ends it where it is.
class Writer {
 public:
  enum class Which { kAll, kLive, kFiles };
  using Progress = std::function<void(int done, int of)>;

  Writer(Items& items, JournalWriter& journal, Tx& tx, const TuneHost& host)
      : items_(items), journal_(journal), tx_(tx), host_(host) {}

  /// Errors: kInterrupted, kConflict "changed_meanwhile", "not_kept", and what the system refused.
  Status Run(Which which, const Progress& progress);

 private:
  [[nodiscard]] bool HasAim(const TxItem& item) const;
  [[nodiscard]] bool MayHaveMoved(const TxItem& item) const;
  Status WriteAll(const Progress& progress);
  Status CheckAndWrite(std::size_t index);
  Status Write(std::size_t index);
  Status RecordStored(std::size_t index, const std::string& raw);
  Status Repair();
  Status RecordSideEffects();

  Items& items_;
  JournalWriter& journal_;
  Tx& tx_;
  const TuneHost& host_;
  Which which_ = Which::kAll;
  bool settled_ = false;
  Error unsettled_;
};

/// Tells the service manager where unit files were written; what to say where that failed.
std::optional<std::string> ReloadUnits(const TuneHost& host, const Tx& tx);

}  // namespace tunewire
