#include "cli/output_file.h"

#include "tunewire/host/files.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kMode = 0644;

/// A device or a pipe must not be renamed over.
Status CheckReplaceable(const Files& files, const std::string& path) {
  const Result<FileContent> there = files.Read(path, 0);
  if (there || there.error().code != "not_a_file") return {};
  return Fail(there.error());
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

/// Not the target itself: an earlier report stays until there is a new one.
std::string Beside(const std::string& path) { return path + ".new"; }

}  // namespace

Status CheckOutput(Session& session, const std::string& path) {
  Files& files = session.machine().files;
  if (Status replaceable = CheckReplaceable(files, path); !replaceable) return replaceable;
  (void)files.Remove(Beside(path));
  if (Status created = files.Create(Beside(path), "", kMode, 0); !created) return created;
  return files.Remove(Beside(path));
}

Status WriteNewFile(Session& session, const std::string& path, std::string_view text,
                    std::string_view hint) {
  Files& files = session.machine().files;
  if (Status created = files.Create(path, text, kMode, 0); !created) {
    Error error = created.error();
    if (error.hint.empty() && error.os_error == EEXIST) error.hint = hint;
    return Fail(std::move(error));
  }
  Status synced = files.Sync(path);
  if (synced) synced = files.SyncFolder(FolderOf(path));
  if (!synced) (void)files.Remove(path);
  return synced;
}

Status WriteOutput(Session& session, const std::string& path, std::string_view text) {
  Files& files = session.machine().files;
  if (Status replaceable = CheckReplaceable(files, path); !replaceable) return replaceable;
  const std::string temporary = Beside(path);
  (void)files.Remove(temporary);
  if (Status created = files.Create(temporary, text, kMode, 0); !created) return created;
  Status renamed = files.Rename(temporary, path);
  if (!renamed) (void)files.Remove(temporary);
  return renamed;
}

}  // namespace tunewire
