#include "tune/file_item.h"

#include <charconv>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::string_view kNoFolder = "no folder ";

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Read() tells a folder from nothing at all: no other call does without listing it.
bool IsMissing(const Files& files, const std::string& folder) {
  const auto read = files.Read(folder, 1);
  return !read && read.error().kind == ErrorKind::kNotFound;
}

// The uppermost folder that is not there, empty where all are.
std::string MissingFolder(const Files& files, const std::string& path) {
  std::string missing;
  for (std::string folder = FolderOf(path); folder.size() > 1 && IsMissing(files, folder);
       folder = FolderOf(folder))
    missing = folder;
  return missing;
}

Status WriteTemp(Files& files, const std::string& temp, const FileContent& content) {
  auto step = files.Create(temp, content.bytes, content.mode, 0);
  if (step && (content.uid != 0 || content.gid != 0))
    step = files.SetOwner(temp, content.uid, content.gid);
  if (step) step = files.Sync(temp);
  return step;
}

Status Replace(Files& files, const std::string& path, const FileContent& content) {
  const std::string temp = TempPathOf(path);
  auto step = files.MakeFolders(FolderOf(path), kFolderMode);
  (void)files.Remove(temp);  // what a crash may have left; usually nothing
  if (step) step = WriteTemp(files, temp, content);
  if (step) step = files.Rename(temp, path);
  if (!step) {
    (void)files.Remove(temp);
    return step;
  }
  return files.SyncFolder(FolderOf(path));
}

// A folder that somebody has put something into stays, and so do those above it.
void RemoveFolders(Files& files, std::string folder, const std::string& uppermost) {
  while (folder.starts_with(uppermost)) {
    const auto removed = files.RemoveFolder(folder);
    if (!removed && removed.error().kind != ErrorKind::kNotFound) return;
    folder = FolderOf(folder);
    if (removed) (void)files.SyncFolder(folder);
  }
}

Status Remove(Files& files, const std::string& path, std::string_view state) {
  (void)files.Remove(TempPathOf(path));
  const auto removed = files.Remove(path);
  if (!removed && removed.error().kind != ErrorKind::kNotFound) return removed;
  const bool folder_stays = !state.starts_with(kNoFolder);
  if (folder_stays)
    return IsMissing(files, FolderOf(path)) ? Status() : files.SyncFolder(FolderOf(path));
  RemoveFolders(files, FolderOf(path), std::string(state.substr(kNoFolder.size())));
  return {};
}

}  // namespace

std::string TempPathOf(const std::string& path) { return path + ".tunewire-tmp"; }

std::string FileState(const FileContent& content) {
  return Format("{:o} {} {}\n{}", content.mode, content.uid, content.gid, content.bytes);
}

Result<FileContent> ParseFileState(std::string_view state) {
  const std::size_t end = state.find('\n');
  const auto words = SplitWords(state.substr(0, end));
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
  content.bytes = std::string(state.substr(end + 1));
  return content;
}

bool IsFileState(std::string_view state) { return !state.empty() && !state.starts_with(kNoFolder); }

bool SameFileState(std::string_view a, std::string_view b) {
  if (!IsFileState(a) || !IsFileState(b)) return IsFileState(a) == IsFileState(b);
  const auto first = ParseFileState(a);
  const auto second = ParseFileState(b);
  return first && second && first->mode == second->mode && first->bytes == second->bytes;
}

Result<std::string> ReadFileItem(const Files& files, const std::string& path) {
  const auto content = files.Read(path, kMaxFileBytes);
  if (content) return FileState(*content);
  if (content.error().kind != ErrorKind::kNotFound) return Fail(content.error());
  const std::string missing = MissingFolder(files, path);
  return missing.empty() ? std::string() : std::string(kNoFolder) + missing;
}

Status WriteFileItem(Files& files, const std::string& path, std::string_view state) {
  if (!IsFileState(state)) return Remove(files, path, state);
  const auto content = ParseFileState(state);
  return content ? Replace(files, path, *content) : Fail(content.error());
}

}  // namespace tunewire
