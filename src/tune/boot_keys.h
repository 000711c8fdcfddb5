// The existing keys as a tree, and glob(3) over it: what the loaders' patterns match.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/catalog/sysctl_key.h"

namespace tunewire {

class BootKeys {
 public:
  explicit BootKeys(std::span<const SysctlKey> existing);

  /// The key that the kernel finds at this path, its "//", "." and ".." parts resolved; nothing
  /// where there is none, or a folder.
  [[nodiscard]] std::optional<std::string> Resolve(std::string_view path) const;

  /// Paths of keys that match, spelled with the pattern's own separators, sorted. Folders are left
  /// out: writing to one fails.
  [[nodiscard]] std::vector<std::string> Glob(std::string_view pattern) const;

 private:
  struct Node {
    std::map<std::string, int, std::less<>> children;
    int parent = 0;
    bool is_key = false;
  };
  struct Walk;

  [[nodiscard]] int Child(int node, std::string_view name) const;
  void Step(Walk& walk, int node, std::string_view rest, const std::string& spelled) const;

  std::vector<Node> nodes_;
};

/// True where glob(3) would look into folders for this part of a path.
bool HasGlobMagic(std::string_view part);

/// One part of a path against one part of a pattern, as glob(3) compares them.
bool GlobPartMatches(const std::string& pattern, const std::string& name);

/// "a{b,c}d" gives "abd", "acd", as GLOB_BRACE does; a text without a well-formed brace expression
/// gives itself. Nothing where there would be more than `most`.
std::optional<std::vector<std::string>> ExpandBraces(std::string_view text, std::size_t most);

}  // namespace tunewire
