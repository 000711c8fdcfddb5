// The journal: every old value on disk before the first write, then one short record per step.
//
// One file per transaction, <state_dir>/tx/<id>.journal:
//   tunewire-journal 1 <length> <crc32>\n   then <length> bytes of JSON, then a newline
//   <crc32> <json>\n                        a record: begun, stored, state; as many as there are
//   zeros                                   room reserved for more records, so that a full disk
//                                           cannot stop an undo
// The head is written once, durably, and read back. A record that a crash tore fails its checksum
// and ends the reading.
#pragma once

#include <string>
#include <string_view>

#include "tunewire/host/files.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

struct JournalText {
  Tx tx;
  std::size_t end = 0;  ///< offset behind the last valid record
};

/// Head without records. Raw values are escaped to ASCII, so that any byte survives.
std::string EncodeHead(const Tx& tx);

/// Errors: kInvalid, code "damaged_journal", naming what is wrong; a journal of a later schema:
/// kUnsupported.
Result<JournalText> DecodeJournal(const std::string& path, std::string_view bytes);

/// How much room to reserve behind the head: for all records of an apply and of an undo, twice
/// over.
std::size_t RecordRoom(const Tx& tx);

std::string JournalFolder(const std::string& state_dir);
std::string JournalPath(const std::string& state_dir, const std::string& id);

inline constexpr std::size_t kMaxJournalBytes = 16 * 1024 * 1024;

/// Appends records. A record is in the page cache when the call returns: it survives the death of
/// every process; what must survive the power is synced.
class JournalWriter {
 public:
  /// Temp, fsync, rename, fsync of the folder, read back and compared. Errors: nothing is left
  /// behind.
  static Result<JournalWriter> Create(Files& files, const std::string& state_dir, const Tx& tx);
  /// Continues behind the last valid record.
  static Result<JournalWriter> Open(Files& files, const std::string& state_dir,
                                    const std::string& id);

  Status Begun(std::size_t item);
  Status Stored(std::size_t item, std::string_view raw);
  Status State(TxState state, std::string_view note);
  Status Sync();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  JournalWriter(Files& files, std::string path, std::size_t end)
      : files_(&files), path_(std::move(path)), end_(end) {}
  Status Append(const std::string& line);

  Files* files_;
  std::string path_;
  std::size_t end_;
};

}  // namespace tunewire
