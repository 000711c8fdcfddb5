#include "support/fake_files.h"

#include <algorithm>
#include <cerrno>

namespace tunewire {
namespace {

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Error Refused(const char* operation, const std::string& path, int os_error) {
  Error error = SystemError(operation, path, os_error);
  if (os_error == ENOENT || os_error == ENOTDIR) error.code = "no_such_file";
  if (os_error == ELOOP) {
    error.kind = ErrorKind::kInvalid;
    error.code = "symbolic_link";
  }
  return error;
}

Error Invalid(const char* code, const std::string& path) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = code;
  error.subject = path;
  error.message = path + ": " + code;
  return error;
}

/// The first half of the new content, laid over the old.
std::string Torn(const std::string& durable, const std::string& bytes) {
  if (durable == bytes) return bytes;
  const std::size_t half = bytes.size() / 2;
  std::string torn = bytes.substr(0, half);
  if (durable.size() > half) torn += durable.substr(half);
  return torn;
}

}  // namespace

FakeFiles::FakeFiles() : folders_{"/"} {}

void FakeFiles::Put(const std::string& path, std::string bytes, std::uint32_t mode,
                    std::uint32_t uid) {
  for (std::string folder = ParentOf(path); folder != "/"; folder = ParentOf(folder)) {
    folders_.insert(folder);
  }
  live_[path] = durable_[path] = std::make_shared<Inode>(Inode{bytes, bytes, mode, uid});
}

void FakeFiles::PutLink(const std::string& path, const std::string& target) {
  links_[path] = target;
}

void FakeFiles::Crash(CrashKind kind) {
  if (kind == CrashKind::kProcessDies) return;
  if (kind == CrashKind::kNamesOutrunContent) durable_ = live_;
  live_ = durable_;
  for (auto& [path, inode] : live_) {
    inode->durable =
        kind == CrashKind::kTornContent ? Torn(inode->durable, inode->bytes) : inode->durable;
    inode->bytes = inode->durable;
  }
}

std::map<std::string, std::string> FakeFiles::Contents() const {
  std::map<std::string, std::string> contents;
  for (const auto& [path, inode] : live_) contents[path] = inode->bytes;
  return contents;
}

std::size_t FakeFiles::Used() const {
  std::size_t used = 0;
  for (const auto& [path, inode] : live_) used += inode->bytes.size();
  return used;
}

Status FakeFiles::CheckChange(const char* operation, const std::string& path) const {
  if (links_.contains(path)) return Fail(Refused(operation, path, ELOOP));
  if (folders_.contains(path)) return Fail(Invalid("not_a_file", path));
  if (!live_.contains(path)) return Fail(Refused(operation, path, ENOENT));
  return {};
}

Result<FileContent> FakeFiles::Read(const std::string& path, std::size_t limit) const {
  if (const auto link = links_.find(path); link != links_.end()) return Read(link->second, limit);
  if (folders_.contains(path)) return Fail(Invalid("not_a_file", path));
  const auto found = live_.find(path);
  if (found == live_.end()) return Fail(Refused("open", path, ENOENT));
  const Inode& inode = *found->second;
  if (inode.bytes.size() > limit) return Fail(Invalid("too_large", path));
  return FileContent{inode.bytes, inode.mode, inode.uid, 0};
}

Result<std::vector<std::string>> FakeFiles::List(const std::string& folder) const {
  std::set<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != "/" && ParentOf(path) == folder) names.insert(path.substr(path.rfind('/') + 1));
  };
  for (const auto& [path, inode] : live_) add(path);
  for (const auto& [path, target] : links_) add(path);
  for (const std::string& path : folders_) add(path);
  return std::vector<std::string>(names.begin(), names.end());
}

Status FakeFiles::MakeFolders(const std::string& folder, std::uint32_t) {
  for (std::string path = folder; path != "/"; path = ParentOf(path)) {
    if (live_.contains(path)) return Fail(Refused("mkdir", path, EEXIST));
  }
  for (std::string path = folder; path != "/"; path = ParentOf(path)) folders_.insert(path);
  return {};
}

Status FakeFiles::Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                         std::size_t reserve) {
  if (!folders_.contains(ParentOf(path))) return Fail(Refused("create", path, ENOENT));
  if (live_.contains(path) || links_.contains(path) || folders_.contains(path)) {
    return Fail(Refused("create", path, EEXIST));
  }
  if (Used() + bytes.size() + reserve > capacity_) return Fail(Refused("write", path, ENOSPC));
  auto inode = std::make_shared<Inode>(Inode{std::string(bytes), "", mode, 0});
  inode->bytes.resize(bytes.size() + reserve, '\0');
  live_[path] = std::move(inode);
  return {};
}

Status FakeFiles::WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) {
  if (Status status = CheckChange("open", path); !status) return status;
  std::string& content = live_[path]->bytes;
  const std::size_t wanted = offset + bytes.size();
  const std::size_t free = capacity_ - std::min(capacity_, Used());
  const std::size_t room =
      wanted <= content.size() ? wanted : std::min(wanted, content.size() + free);
  if (room > content.size()) content.resize(room, '\0');
  if (room > offset) content.replace(offset, room - offset, bytes.substr(0, room - offset));
  if (room < wanted) return Fail(Refused("write", path, ENOSPC));
  return {};
}

Status FakeFiles::Sync(const std::string& path) {
  if (Status status = CheckChange("open", path); !status) return status;
  live_[path]->durable = live_[path]->bytes;
  return {};
}

Status FakeFiles::Rename(const std::string& from, const std::string& to) {
  if (Status status = CheckChange("rename", from); !status) return status;
  if (links_.contains(to)) return Fail(Refused("rename", to, ELOOP));
  if (folders_.contains(to)) return Fail(Refused("rename", to, EISDIR));
  if (!folders_.contains(ParentOf(to))) return Fail(Refused("rename", to, ENOENT));
  if (from == to) return {};
  live_[to] = live_[from];
  live_.erase(from);
  return {};
}

Status FakeFiles::SyncFolder(const std::string& folder) {
  if (!folders_.contains(folder)) return Fail(Refused("open", folder, ENOENT));
  std::erase_if(durable_, [&](const auto& name) { return ParentOf(name.first) == folder; });
  for (const auto& [path, inode] : live_) {
    if (ParentOf(path) == folder) durable_[path] = inode;
  }
  return {};
}

Status FakeFiles::Remove(const std::string& path) {
  if (Status status = CheckChange("remove", path); !status) return status;
  live_.erase(path);
  return {};
}

Status FakeFiles::RemoveFolder(const std::string& folder) {
  if (!folders_.contains(folder)) return Fail(SystemError("rmdir", folder, ENOENT));
  const auto below = [&](const std::string& path) { return path.starts_with(folder + "/"); };
  for (const auto& [path, inode] : live_)
    if (below(path)) return Fail(SystemError("rmdir", folder, ENOTEMPTY));
  for (const std::string& other : folders_)
    if (below(other)) return Fail(SystemError("rmdir", folder, ENOTEMPTY));
  folders_.erase(folder);
  return {};
}

Status FakeFiles::SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t) {
  const auto found = live_.find(path);
  if (found == live_.end()) return Fail(SystemError("chown", path, ENOENT));
  found->second->uid = uid;
  return {};
}

}  // namespace tunewire
