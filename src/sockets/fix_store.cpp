#include "sockets/fix_store.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kFileMode = 0644;
// About 400 bytes a socket.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::string_view kEnding = ".json";
constexpr std::string_view kTempEnding = ".json.tmp";

Error WithHint(Error error) {
  if (error.hint.empty() && error.kind == ErrorKind::kNotPermitted)
    error.hint = "old values must be kept somewhere: --state-dir DIR names a folder of yours";
  return error;
}

Error NotReadBack(const std::string& path) {
  return {.kind = ErrorKind::kIo,
          .code = "record_not_stored",
          .message = "the record of old values does not read back as it was written",
          .operation = "read",
          .subject = path,
          .hint = "check the disk; --state-dir DIR keeps it elsewhere"};
}

}  // namespace

std::string FixStore::PathOf(const FixRecord& record) const {
  return Format("{}/{}{}", Folder(), record.id, kEnding);
}

Result<FixRecord> FixStore::NewRecord(FixKind kind, std::vector<FixRecord::Entry> entries) {
  const Result<std::vector<std::string>> names = host_.files.List(Folder());
  if (!names) return Fail(WithHint(names.error()));
  FixRecord record{.boot_id = host_.boot_id,
                   .netns = host_.netns,
                   .kind = kind,
                   .unix_seconds = host_.clock.UnixSeconds(),
                   .entries = std::move(entries)};
  for (int attempt = 0;; ++attempt) {
    const std::string seed =
        Format("{} {} {}", host_.boot_id, host_.clock.SinceBoot().count(), attempt);
    record.id = Crc32Hex(seed).substr(0, 6);
    if (std::ranges::find(*names, record.id + std::string(kEnding)) == names->end()) return record;
  }
}

Status FixStore::Write(const FixRecord& record) {
  const std::string path = PathOf(record);
  const std::string temp = path + ".tmp";
  const std::string bytes = EncodeFixRecord(record);
  Status step = host_.files.MakeFolders(Folder(), kFolderMode);
  // Left by one that was killed while it wrote.
  if (step) (void)host_.files.Remove(temp);
  if (step) step = host_.files.Create(temp, bytes, kFileMode, 0);
  if (step) step = host_.files.Sync(temp);
  if (step) step = host_.files.Rename(temp, path);
  if (step) step = host_.files.SyncFolder(Folder());
  if (!step) {
    (void)host_.files.Remove(temp);
    return Fail(WithHint(step.error()));
  }
  const Result<FileContent> back = host_.files.Read(path, kMostBytes);
  if (!back) return Fail(back.error());
  return back->bytes == bytes ? Status() : Status(Fail(NotReadBack(path)));
}

Status FixStore::Remove(const FixRecord& record) {
  const Status removed = host_.files.Remove(PathOf(record));
  if (!removed && removed.error().kind != ErrorKind::kNotFound)
    return Fail(WithHint(removed.error()));
  return host_.files.SyncFolder(Folder());
}

void FixStore::Sweep() {
  const Result<std::vector<std::string>> names = host_.files.List(Folder());
  if (!names) return;
  for (const std::string& name : *names)
    if (name.ends_with(kTempEnding)) (void)host_.files.Remove(Folder() + "/" + name);
}

Result<StoredFixes> FixStore::Read() const {
  const Result<std::vector<std::string>> names = host_.files.List(Folder());
  if (!names) return Fail(names.error());
  StoredFixes stored;
  for (const std::string& name : *names) {
    if (!name.ends_with(kEnding)) continue;
    const std::string path = Folder() + "/" + name;
    const Result<FileContent> content = host_.files.Read(path, kMostBytes);
    if (!content) {
      stored.damaged.push_back(content.error());
      continue;
    }
    Result<FixRecord> record = DecodeFixRecord(path, content->bytes);
    if (!record) {
      stored.damaged.push_back(record.error());
      continue;
    }
    // The file's name is what will be removed.
    record->id = name.substr(0, name.size() - kEnding.size());
    stored.records.push_back(std::move(*record));
  }
  std::ranges::stable_sort(stored.records, std::ranges::greater(), &FixRecord::unix_seconds);
  return stored;
}

}  // namespace tunewire
