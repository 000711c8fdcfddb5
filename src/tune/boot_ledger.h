// The lines of all files in the order a loader meets them, and what became of each.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tune/boot_keys.h"
#include "tune/sysctl_conf.h"
#include "tunewire/tune/boot.h"

namespace tunewire {

/// One assignment or exclusion, with the file it stands in.
struct BootEntry {
  SysctlLine line;
  const BootFile* file = nullptr;
  bool masked = false;

  [[nodiscard]] bool assigns() const { return line.kind == SysctlLine::Kind::kAssignment; }
  [[nodiscard]] bool excludes() const { return line.kind == SysctlLine::Kind::kExclusion; }
};

/// A file in reading order. `masked`: hidden by one of the same name.
struct OrderedBootFile {
  const BootFile* file = nullptr;
  const BootFile* masked_by = nullptr;
};

/// Collects what a loader does and turns it into values.
class BootLedger {
 public:
  BootLedger(BootLoader loader, std::span<const SysctlKey> existing);

  /// Parses the files in order; masked ones come last and only lose.
  void Load(const std::vector<OrderedBootFile>& files);

  [[nodiscard]] const std::vector<BootEntry>& entries() const { return entries_; }
  [[nodiscard]] const BootKeys& keys() const { return keys_; }

  /// The loader writes entry's value to the key at `path`. A later write of the same key wins.
  void Wrote(const std::string& path, std::size_t entry);
  void Note(const BootEntry& entry, std::string code, std::string message);

  /// What an entry names: existing keys that its glob matches, or the key itself. Cached by
  /// pattern.
  const std::vector<std::string>& Targets(const SysctlLine& line);

  [[nodiscard]] BootResolution Finish() &&;

 private:
  [[nodiscard]] std::vector<std::string> FindTargets(const SysctlLine& line);
  void NoteNoSuchName(const BootEntry& entry);
  [[nodiscard]] LostBy WhyLost(const BootEntry& entry, const std::string& path) const;
  void AddValue(const SysctlKey& key, const std::string& path,
                const std::vector<std::size_t>& named);

  BootLoader loader_;
  BootKeys keys_;
  std::vector<BootEntry> entries_;
  std::unordered_map<std::string, std::vector<std::string>> targets_;
  std::unordered_map<std::string, std::size_t> winners_;
  std::set<std::string, std::less<>> named_;  ///< assigned by name in a file that counts
  std::set<std::string, std::less<>> excluded_;
  BootResolution result_;
};

/// systemd: sorted by name, the first folder's file wins, hidden files are passed over.
std::vector<OrderedBootFile> SystemdOrder(const BootFiles& files);
/// procps: likewise with hidden files; a file name's own glob characters are expanded; then
/// /etc/sysctl.conf.
std::vector<OrderedBootFile> ProcpsOrder(const BootFiles& files);

}  // namespace tunewire
