// Keys, files and limits by the names and values that people know them by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"
#include "tunewire/tune/plan.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {

/// "net.core.somaxconn", "/etc/...", "nofile of nginx (pid 812)".
std::string ItemTitle(ItemKind kind, const std::string& name);

/// A value as Items::Shown made it; the two numbers of a limit as one where they are the same.
std::string ItemValue(ItemKind kind, const std::string& shown);

/// Raw bytes of a journal: a file by its length, everything else on one line.
std::string RawItemValue(ItemKind kind, const std::string& raw);

/// "3 keys, 1 limit and 2 files"; "0 keys" where there is nothing.
std::string CountItems(int keys, int limits, int files);
std::string CountItems(const std::vector<ItemOutcome>& items);
int CountKind(const std::vector<ItemOutcome>& items, ItemKind kind);

/// "nofile nginx.service", "nofile nginx (pid 812)", "nofile * (logins)".
std::string LimitTitle(const LimitChange& change);
/// "logins", "services", "running".
std::string_view LimitTargetSlug(LimitTarget target);
/// "1024", "1024 (hard 4096)", "not set".
std::string AmountsText(std::optional<std::uint64_t> soft, std::optional<std::uint64_t> hard);

/// The paths of files, each on its line; "(removed)" behind one that is gone.
std::string FileLines(const std::vector<ItemOutcome>& items, const Style& style);

/// The unit whose drop-in `path` is, empty for other files.
std::string UnitOfDropIn(const std::string& path);

}  // namespace tunewire
