// Old values on disk: one file a fix, in the folder "sockets" of the state directory.
#pragma once

#include "tunewire/sockets/fix.h"

namespace tunewire {

/// One JSON object, text from outside made printable.
std::string EncodeFixRecord(const FixRecord& record);

/// Errors: kInvalid "damaged_record".
Result<FixRecord> DecodeFixRecord(const std::string& path, std::string_view text);

struct StoredFixes {
  std::vector<FixRecord> records;  ///< newest first
  std::vector<Error> damaged;
};

class FixStore {
 public:
  explicit FixStore(FixHost& host) : host_(host) {}

  /// A record of these entries under a new id. Errors: of Files.
  Result<FixRecord> NewRecord(FixKind kind, std::vector<FixRecord::Entry> entries);

  /// Durable when it returns: temporary file, fsync, rename, fsync of the folder, read back.
  Status Write(const FixRecord& record);
  Status Remove(const FixRecord& record);
  /// What killed runs have left half written. Only under the lock.
  void Sweep();
  [[nodiscard]] Result<StoredFixes> Read() const;
  [[nodiscard]] std::string PathOf(const FixRecord& record) const;

 private:
  [[nodiscard]] std::string Folder() const { return host_.state_dir + "/sockets"; }

  FixHost& host_;
};

}  // namespace tunewire
