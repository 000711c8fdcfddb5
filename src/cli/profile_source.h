// Named profiles in folders, paths, and standard input.
#pragma once

#include <string>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/host/program.h"
#include "tunewire/host/terminal.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

struct FoundProfile {
  std::string name, path;
  std::vector<std::string> masked;  ///< files of the same name in later folders
};

class FolderProfiles final : public ProfileSource {
 public:
  /// Searches the system's folders below `root` (empty: the host's own) and those beside the
  /// program. A file is trusted where only root, the caller or the program's owner may write it.
  FolderProfiles(Files& files, Terminal& terminal, const ProgramFacts& program,
                 const std::string& root);

  Result<SourceText> Open(std::string_view reference) override;

  /// Every NAME.json, sorted by name; of equal names the first folder's. Errors: of a folder that
  /// is there and cannot be listed.
  Result<std::vector<FoundProfile>> List() const;

  [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }

 private:
  Result<SourceText> OpenPath(const std::string& path) const;
  Result<SourceText> OpenNamed(const std::string& name) const;
  [[nodiscard]] bool WritableByOthers(const FileContent& content) const;
  [[nodiscard]] Error NoSuchProfile(const std::string& name) const;

  Files& files_;
  Terminal& terminal_;
  ProgramFacts program_;
  std::vector<std::string> folders_;
};

/// Whether a reference is to be read as a name (not a path, not standard input).
bool IsNameReference(std::string_view reference);

}  // namespace tunewire
