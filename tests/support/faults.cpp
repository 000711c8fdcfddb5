#include "support/faults.h"

#include <cerrno>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// Runs an operation under its fault. `all` does it, `half` does the half of it that can be done.
template <class All, class Half>
auto Under(const Fault* fault, const char* name, const std::string& subject, All all, Half half)
    -> decltype(all()) {
  if (fault == nullptr) return all();
  if (fault->done == Fault::Done::kAll) {
    // What it answers no longer matters: the caller hears of the fault.
    static_cast<void>(all());
  } else if (fault->done == Fault::Done::kHalf) {
    half();
  }
  if (fault->then == Fault::Then::kCrash) throw HostCrash{};
  return Fail(SystemError(name, subject, fault->os_error));
}

template <class All>
auto Under(const Fault* fault, const char* name, const std::string& subject, All all)
    -> decltype(all()) {
  return Under(fault, name, subject, all, [] {});
}

std::string HalfOfFields(std::string_view text) {
  std::vector<std::string> fields = SplitWords(text);
  fields.resize(fields.size() / 2);
  return Join(fields, " ");
}

}  // namespace

void HostOperations::Arm(int n, Fault fault) { faults_[count() + n] = fault; }

void HostOperations::Restart() {
  faults_.clear();
  log_.clear();
}

const Fault* HostOperations::Next(std::string_view name, const std::string& subject) {
  log_.push_back({std::string(name), subject});
  if (const auto found = faults_.find(count()); found != faults_.end()) return &found->second;
  for (const auto& [n, fault] : faults_) {
    if (n < count() && fault.reach == Fault::Reach::kFromThenOn) return &fault;
  }
  return nullptr;
}

std::vector<int> PlausibleErrors(std::string_view operation) {
  if (operation == "read") return {EACCES, EIO, ENOENT};
  if (operation == "write") return {EINVAL, EPERM, EROFS, ENOMEM, ENOENT};
  if (operation == "list") return {EACCES, EMFILE};
  if (operation == "create") return {ENOSPC, EROFS, EACCES, EMFILE};
  if (operation == "write_at") return {ENOSPC, EIO, EROFS};
  if (operation == "fsync") return {EIO, ENOSPC};
  if (operation == "rename") return {EIO, ENOSPC, EROFS};
  if (operation == "mkdir") return {ENOSPC, EROFS, EACCES};
  if (operation == "remove") return {EIO, EROFS, EACCES};
  if (operation == "rmdir") return {EIO, EROFS, EACCES, ENOTEMPTY};
  if (operation == "chown") return {EPERM, EROFS};
  if (operation == "prlimit") return {EPERM, ESRCH};
  return {EIO};
}

Result<std::string> FaultyTree::Read(const SysctlKey& key) const {
  return Under(operations_.Next("read", key.name()), "read", key.name(),
               [&] { return inner_.Read(key); });
}

Status FaultyTree::Write(const SysctlKey& key, std::string_view text) {
  const auto half = [&] {
    if (const std::string fields = HalfOfFields(text); !fields.empty()) {
      static_cast<void>(inner_.Write(key, fields));
    }
  };
  return Under(
      operations_.Next("write", key.name()), "write", key.name(),
      [&] { return inner_.Write(key, text); }, half);
}

Result<std::vector<SysctlKey>> FaultyTree::List(std::string_view folder) const {
  const std::string name(folder);
  return Under(operations_.Next("list", name), "list", name, [&] { return inner_.List(folder); });
}

Result<std::vector<std::string>> FaultyTree::Names(std::string_view folder) const {
  const std::string name(folder);
  return Under(operations_.Next("list", name), "list", name, [&] { return inner_.Names(folder); });
}

Result<FileContent> FaultyFiles::Read(const std::string& path, std::size_t limit) const {
  return Under(operations_.Next("read", path), "read", path,
               [&] { return inner_.Read(path, limit); });
}

Result<std::vector<std::string>> FaultyFiles::List(const std::string& folder) const {
  return Under(operations_.Next("list", folder), "list", folder,
               [&] { return inner_.List(folder); });
}

Status FaultyFiles::MakeFolders(const std::string& folder, std::uint32_t mode) {
  return Under(operations_.Next("mkdir", folder), "mkdir", folder,
               [&] { return inner_.MakeFolders(folder, mode); });
}

Status FaultyFiles::Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                           std::size_t reserve) {
  const Fault* fault = operations_.Next("create", path);
  // A refused Create leaves nothing behind; only a crash finds the file half written.
  const auto half = [&] {
    if (fault->then == Fault::Then::kCrash) {
      static_cast<void>(inner_.Create(path, bytes.substr(0, bytes.size() / 2), mode, 0));
    }
  };
  if (fault != nullptr && fault->then == Fault::Then::kFail) {
    return Fail(SystemError("create", path, fault->os_error));
  }
  return Under(
      fault, "create", path, [&] { return inner_.Create(path, bytes, mode, reserve); }, half);
}

Status FaultyFiles::WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) {
  const auto half = [&] {
    static_cast<void>(inner_.WriteAt(path, offset, bytes.substr(0, bytes.size() / 2)));
  };
  return Under(
      operations_.Next("write_at", path), "write", path,
      [&] { return inner_.WriteAt(path, offset, bytes); }, half);
}

Status FaultyFiles::Sync(const std::string& path) {
  return Under(operations_.Next("fsync", path), "fsync", path, [&] { return inner_.Sync(path); });
}

Status FaultyFiles::Rename(const std::string& from, const std::string& to) {
  return Under(operations_.Next("rename", from), "rename", from,
               [&] { return inner_.Rename(from, to); });
}

Status FaultyFiles::SyncFolder(const std::string& folder) {
  return Under(operations_.Next("fsync", folder), "fsync", folder,
               [&] { return inner_.SyncFolder(folder); });
}

Status FaultyFiles::Remove(const std::string& path) {
  return Under(operations_.Next("remove", path), "remove", path,
               [&] { return inner_.Remove(path); });
}

Status FaultyFiles::RemoveFolder(const std::string& folder) {
  return Under(operations_.Next("rmdir", folder), "rmdir", folder,
               [&] { return inner_.RemoveFolder(folder); });
}

Status FaultyFiles::SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) {
  return Under(operations_.Next("chown", path), "chown", path,
               [&] { return inner_.SetOwner(path, uid, gid); });
}

}  // namespace tunewire
