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

}  // namespace

Status WriteOutput(Session& session, const std::string& path, std::string_view text) {
  Files& files = session.machine().files;
  if (Status replaceable = CheckReplaceable(files, path); !replaceable) return replaceable;
  const std::string temporary = path + ".new";
  (void)files.Remove(temporary);
  if (Status created = files.Create(temporary, text, kMode, 0); !created) return created;
  Status renamed = files.Rename(temporary, path);
  if (!renamed) (void)files.Remove(temporary);
  return renamed;
}

}  // namespace tunewire
