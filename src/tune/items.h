// The things a transaction can change, behind three verbs: read, write, compare.
#pragma once

#include <string>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

/// A file as one raw text: "644 0 0\n" (mode in octal, uid, gid) and its bytes; empty where there
/// is none.
std::string FileState(const FileContent& content);
Result<FileContent> ParseFileState(std::string_view raw);

class Items {
 public:
  Items(SysctlTree& sysctl, Files& files) : sysctl_(sysctl), files_(files) {}

  [[nodiscard]] Result<std::string> Read(const TxItem& item) const;
  /// Exactly one write(2) for a sysctl; temp, fsync, rename, fsync of the folder for a file.
  Status Write(const TxItem& item, std::string_view raw);

  [[nodiscard]] bool Same(const TxItem& item, std::string_view a, std::string_view b) const;
  /// `stored` is what became of `wanted`, rounding included.
  [[nodiscard]] bool Kept(const TxItem& item, std::string_view wanted,
                          std::string_view stored) const;
  [[nodiscard]] bool Coupled(const TxItem& cause, const TxItem& item) const;
  [[nodiscard]] std::string Shown(const TxItem& item, std::string_view raw) const;

 private:
  SysctlTree& sysctl_;
  Files& files_;
};

/// Live values die with the boot; files do not.
bool DiesWithBoot(ItemKind kind);

}  // namespace tunewire
