// Files as the journal and the persisted settings need them: every step that can fail or be lost is
// its own call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

struct FileContent {
  std::string bytes;
  std::uint32_t mode = 0;  ///< permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// Absolute paths; a symbolic link in the last part is followed by Read and refused (kInvalid
/// "symbolic_link") by everything that changes a file. Modes are exact, whatever the umask.
class Files {
 public:
  virtual ~Files() = default;

  /// Never waits for a pipe. Errors: kNotFound "no_such_file"; "too_large" (kInvalid) above `limit`
  /// bytes; "not_a_file" for a folder, pipe or device.
  virtual Result<FileContent> Read(const std::string& path, std::size_t limit) const = 0;

  /// Names in a folder, sorted. A folder that is not there gives an empty list.
  virtual Result<std::vector<std::string>> List(const std::string& folder) const = 0;

  /// The folder and its parents; an existing one is kept. Each new one's parent is synced.
  virtual Status MakeFolders(const std::string& folder, std::uint32_t mode) = 0;

  /// A new file (O_EXCL) holding `bytes`, with at least `reserve` bytes of disk allocated behind it
  /// (zeros, part of the file's length). Not durable until Sync and SyncFolder. On an error nothing
  /// is left behind.
  virtual Status Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                        std::size_t reserve) = 0;

  /// Overwrites in place. Within what Create wrote and reserved no new room is needed; beyond it
  /// the file grows, and then the disk may be full (ENOSPC). On an error any part may have been
  /// written.
  virtual Status WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) = 0;

  virtual Status Sync(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status SyncFolder(const std::string& folder) = 0;
  virtual Status Remove(const std::string& path) = 0;
  /// Only an empty one: a folder that holds anything is refused with ENOTEMPTY.
  virtual Status RemoveFolder(const std::string& folder) = 0;
  virtual Status SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) = 0;
};

std::unique_ptr<Files> LinuxFiles();

}  // namespace tunewire
