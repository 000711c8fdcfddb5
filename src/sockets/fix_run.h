// Setting and putting back under a record: what a fix and a trial have in common.
#pragma once

#include "sockets/fix_store.h"
#include "sockets/fix_touch.h"

namespace tunewire {

class FixRun {
 public:
  FixRun(FixHost& host, FixKind kind) : host_(host), store_(host), kind_(kind) {}

  /// The targets as they are now: without those that have gone or are as wanted meanwhile. Errors:
  /// of reading an option of one that is there.
  Result<std::vector<FixTarget>> Refresh(std::span<const FixTarget> targets);

  /// Saves every old value, then sets one after the other. Errors: only of saving; a set that
  /// failed is in `cause()`.
  Status SetAll(std::vector<FixTarget> targets);

  /// Whatever was set, last one first; the record goes where nothing is left to do.
  void PutAllBack();
  /// Only what fades.
  void PutFadingBack();

  /// Sets again what fades.
  void SetAgain();

  [[nodiscard]] bool Fades() const;
  /// False where one could not be put back.
  [[nodiscard]] bool AllBack() const;
  [[nodiscard]] std::vector<FixedSocket>& fixed() { return fixed_; }
  [[nodiscard]] const std::vector<PutBack>& put_back() const { return put_back_; }
  [[nodiscard]] const std::optional<Error>& cause() const { return cause_; }
  /// Of the record on disk; empty where there is none.
  [[nodiscard]] std::string RecordPath() const;

 private:
  bool SetOne(FixedSocket& one);
  Status KeepStored();
  void PutBackThose(const std::function<bool(const FixedSocket&)>& which);
  void Forget(const FixRecord::Entry& entry);

  FixHost& host_;
  FixStore store_;
  FixKind kind_;
  std::optional<FixRecord> record_;
  std::vector<FixedSocket> fixed_;
  std::vector<PutBack> put_back_;
  std::optional<Error> cause_;
};

/// Whether a stop is wanted, without waiting.
bool StopWanted(FixHost& host);

}  // namespace tunewire
