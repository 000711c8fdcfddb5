// An in-memory disk that remembers what was synced and what was not. Crash() loses the rest.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/files.h"

namespace tunewire {

/// What a crash leaves of that which was not synced. A real one may leave any mixture; these are
/// its corners.
enum class CrashKind {
  kProcessDies,         ///< kill -9: the system lives on, nothing is lost
  kLosesUnsynced,       ///< content and names fall back to what was synced
  kNamesOutrunContent,  ///< new names survive, unsynced content behind them does not (delayed
                        ///< allocation)
  kTornContent,         ///< names fall back, half of each unsynced content survives
};
inline constexpr CrashKind kAllCrashKinds[] = {CrashKind::kProcessDies, CrashKind::kLosesUnsynced,
                                               CrashKind::kNamesOutrunContent,
                                               CrashKind::kTornContent};

class FakeFiles : public Files {
 public:
  FakeFiles();

  /// A durable file (and its folders) that was there before.
  void Put(const std::string& path, std::string bytes, std::uint32_t mode = 0644,
           std::uint32_t uid = 0);
  void PutLink(const std::string& path, const std::string& target);
  /// From now on no more than this many bytes of content fit.
  void LimitDisk(std::size_t bytes) { capacity_ = bytes; }
  void Crash(CrashKind kind);
  /// Every file's path and bytes: compare whole disks with it.
  std::map<std::string, std::string> Contents() const;

  Result<FileContent> Read(const std::string& path, std::size_t limit) const override;
  Result<std::vector<std::string>> List(const std::string& folder) const override;
  Status MakeFolders(const std::string& folder, std::uint32_t mode) override;
  Status Create(const std::string& path, std::string_view bytes, std::uint32_t mode,
                std::size_t reserve) override;
  Status WriteAt(const std::string& path, std::size_t offset, std::string_view bytes) override;
  Status Sync(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status SyncFolder(const std::string& folder) override;
  Status Remove(const std::string& path) override;
  Status RemoveFolder(const std::string& folder) override;
  Status SetOwner(const std::string& path, std::uint32_t uid, std::uint32_t gid) override;

 private:
  struct Inode {
    std::string bytes;
    std::string durable;
    std::uint32_t mode = 0644;
    std::uint32_t uid = 0;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  std::size_t Used() const;
  Status CheckChange(const char* operation, const std::string& path) const;

  Names live_;
  Names durable_;
  std::map<std::string, std::string> links_;
  std::set<std::string> folders_;
  std::size_t capacity_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace tunewire
