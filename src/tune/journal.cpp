#include "tune/journal.h"

#include "base/format.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kFolderMode = 0755;

// Values that the kernel itself shows to root alone must not become readable through a journal.
bool HoldsSecret(const Tx& tx) {
  for (const TxItem& item : tx.items)
    if (item.name.ends_with("_fastopen_key") || item.name.ends_with(".stable_secret")) return true;
  return false;
}

Status WriteDurably(Files& files, const std::string& temp, const std::string& path,
                    const std::string& folder, const Tx& tx, const std::string& head) {
  auto step = files.Create(temp, head, HoldsSecret(tx) ? 0600 : 0644, RecordRoom(tx));
  if (step) step = files.Sync(temp);
  if (step) step = files.Rename(temp, path);
  if (step) step = files.SyncFolder(folder);
  return step;
}

Status ReadBack(Files& files, const std::string& path, const std::string& head) {
  const auto content = files.Read(path, kMaxJournalBytes);
  if (!content) return Fail(content.error());
  if (content->bytes.starts_with(head)) return {};
  return Fail({.kind = ErrorKind::kIo,
               .code = "journal_not_stored",
               .message = "the journal does not read back as it was written",
               .operation = "read",
               .subject = path,
               .hint = "check the disk; --state-dir DIR keeps the journal elsewhere"});
}

}  // namespace

std::string JournalFolder(const std::string& state_dir) { return state_dir + "/tx"; }

std::string JournalPath(const std::string& state_dir, const std::string& id) {
  return Format("{}/{}.journal", JournalFolder(state_dir), id);
}

Result<JournalWriter> JournalWriter::Create(Files& files, const std::string& state_dir,
                                            const Tx& tx) {
  const std::string folder = JournalFolder(state_dir);
  const std::string path = JournalPath(state_dir, tx.id);
  const std::string temp = path + ".tmp";
  const std::string head = EncodeHead(tx);
  auto step = files.MakeFolders(folder, kFolderMode);
  if (step) step = WriteDurably(files, temp, path, folder, tx, head);
  if (step) step = ReadBack(files, path, head);
  if (step) return JournalWriter(files, path, head.size());
  // Nothing was changed yet: a journal that nobody can trust must not look like a transaction.
  (void)files.Remove(temp);
  (void)files.Remove(path);
  return Fail(step.error());
}

Result<JournalWriter> JournalWriter::Open(Files& files, const std::string& state_dir,
                                          const std::string& id) {
  const std::string path = JournalPath(state_dir, id);
  const auto content = files.Read(path, kMaxJournalBytes);
  if (!content) return Fail(content.error());
  const auto journal = DecodeJournal(path, content->bytes);
  if (!journal) return Fail(journal.error());
  return JournalWriter(files, path, journal->end);
}

Status JournalWriter::Append(const std::string& line) {
  const auto written = files_->WriteAt(path_, end_, line);
  if (written) end_ += line.size();
  return written;
}

Status JournalWriter::Sync() { return files_->Sync(path_); }

}  // namespace tunewire
