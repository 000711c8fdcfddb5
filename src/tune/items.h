// The things a transaction can change, behind three verbs: read, write, compare.
#pragma once

#include <string>
#include <vector>

#include "tune/file_item.h"
#include "tunewire/host/files.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

class Items {
 public:
  explicit Items(const TuneHost& host)
      : sysctl_(host.sysctl), files_(host.files), processes_(host.processes) {}

  [[nodiscard]] Result<std::string> Read(const TxItem& item) const;
  /// Exactly one write(2) for a sysctl; temp, fsync, rename, fsync of the folder for a file;
  /// prlimit(2) for a limit.
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
  ProcessTable& processes_;
};

/// Live values die with the boot; files do not.
bool DiesWithBoot(ItemKind kind);

}  // namespace tunewire
