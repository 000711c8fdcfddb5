#include "tune/items.h"

#include <charconv>

#include "base/format.h"
#include "tune/compare.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

// Names in a journal were valid keys once; a damaged one must not reach the tree.
Result<SysctlKey> KeyOf(const TxItem& item) { return SysctlKey::Parse(item.name); }

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

Status ReplaceFile(Files& files, const std::string& path, const FileContent& content) {
  const std::string temp = path + ".tunewire-tmp";
  (void)files.Remove(temp);  // what a crash may have left; usually nothing
  auto step = files.Create(temp, content.bytes, content.mode, 0);
  if (step) step = files.Sync(temp);
  if (step) step = files.Rename(temp, path);
  if (!step) {
    (void)files.Remove(temp);
    return step;
  }
  return files.SyncFolder(FolderOf(path));
}

Status RemoveFile(Files& files, const std::string& path) {
  const auto removed = files.Remove(path);
  if (!removed && removed.error().kind != ErrorKind::kNotFound) return removed;
  return files.SyncFolder(FolderOf(path));
}

}  // namespace

bool DiesWithBoot(ItemKind kind) { return kind != ItemKind::kFile; }

std::string FileState(const FileContent& content) {
  return Format("{:o} {} {}\n{}", content.mode, content.uid, content.gid, content.bytes);
}

Result<FileContent> ParseFileState(std::string_view raw) {
  const std::size_t end = raw.find('\n');
  const auto words = SplitWords(raw.substr(0, end));
  FileContent content;
  bool ok = end != std::string_view::npos && words.size() == 3;
  const auto number = [&](std::size_t word, std::uint32_t& into, int base) {
    const char* last = words[word].data() + words[word].size();
    const auto [at, error] = std::from_chars(words[word].data(), last, into, base);
    return error == std::errc() && at == last;
  };
  ok = ok && number(0, content.mode, 8) && number(1, content.uid, 10) && number(2, content.gid, 10);
  if (!ok)
    return Fail({.kind = ErrorKind::kInvalid,
                 .code = "damaged_journal",
                 .message = "a saved file has no valid mode and owner"});
  content.bytes = std::string(raw.substr(end + 1));
  return content;
}

Result<std::string> Items::Read(const TxItem& item) const {
  if (item.kind == ItemKind::kFile) {
    const auto content = files_.Read(item.name, kMaxFileBytes);
    if (content) return FileState(*content);
    if (content.error().kind == ErrorKind::kNotFound) return std::string();
    return Fail(content.error());
  }
  return KeyOf(item).and_then([&](const SysctlKey& key) { return sysctl_.Read(key); });
}

Status Items::Write(const TxItem& item, std::string_view raw) {
  if (item.kind == ItemKind::kFile) {
    if (raw.empty()) return RemoveFile(files_, item.name);
    const auto content = ParseFileState(raw);
    return content ? ReplaceFile(files_, item.name, *content) : Fail(content.error());
  }
  const auto key = KeyOf(item);
  if (!key) return Fail(key.error());
  // write(2) of no bytes does nothing: an empty string is written as its line end.
  return sysctl_.Write(*key, raw.empty() ? "\n" : raw);
}

bool Items::Same(const TxItem& item, std::string_view a, std::string_view b) const {
  if (a == b || item.kind != ItemKind::kSysctl) return a == b;
  const auto key = KeyOf(item);
  return key && SameValue(*key, a, b);
}

bool Items::Kept(const TxItem& item, std::string_view wanted, std::string_view stored) const {
  if (item.kind != ItemKind::kSysctl) return wanted == stored;
  const auto key = KeyOf(item);
  if (!key) return false;
  const Tunable* tunable = FindTunable(*key);
  return KeptAs(tunable, CanonicalFields(tunable, wanted), CanonicalFields(tunable, stored));
}

bool Items::Coupled(const TxItem& cause, const TxItem& item) const {
  if (cause.kind != ItemKind::kSysctl || item.kind != ItemKind::kSysctl) return false;
  const auto a = KeyOf(cause);
  const auto b = KeyOf(item);
  return a && b && IsCoupled(*a, *b);
}

std::string Items::Shown(const TxItem& item, std::string_view raw) const {
  if (item.kind == ItemKind::kFile)
    return raw.empty() ? "no file" : Format("{} bytes", raw.size() - raw.find('\n') - 1);
  const auto key = KeyOf(item);
  return key ? ShownValue(*key, raw) : std::string(Trim(raw));
}

}  // namespace tunewire
