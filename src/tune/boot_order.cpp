// Which files a loader reads, and in what order.
#include <algorithm>
#include <map>

#include "tune/boot_ledger.h"

namespace tunewire {
namespace {

/// First of a name wins; the rest are masked by it. Sorted by name, bytewise.
std::vector<OrderedBootFile> FirstOfEachName(const std::vector<const BootFile*>& candidates) {
  std::map<std::string, const BootFile*> first;
  std::vector<OrderedBootFile> ordered;
  for (const BootFile* file : candidates) {
    const auto [at, added] = first.try_emplace(file->name, file);
    ordered.push_back({file, added ? nullptr : at->second});
  }
  std::ranges::stable_sort(ordered, {}, [](const OrderedBootFile& o) { return o.file->name; });
  return ordered;
}

/// `sysctl --system` hands each path to glob(3): "a[b].conf" reads "ab.conf" where that is there,
/// and itself only where nothing matches.
std::vector<const BootFile*> FilesOfName(const BootFiles& files, const BootFile& wanted) {
  if (!HasGlobMagic(wanted.name) && wanted.name.find('{') == std::string::npos) return {&wanted};
  std::vector<const BootFile*> found;
  for (const std::string& pattern :
       ExpandBraces(wanted.name, 1024).value_or(std::vector<std::string>{})) {
    for (const BootFile& file : files.sysctl_d) {
      const bool hit =
          HasGlobMagic(pattern) ? GlobPartMatches(pattern, file.name) : pattern == file.name;
      if (file.folder == wanted.folder && hit) found.push_back(&file);
    }
  }
  if (found.empty()) found.push_back(&wanted);
  return found;
}

}  // namespace

std::vector<OrderedBootFile> SystemdOrder(const BootFiles& files) {
  std::vector<const BootFile*> candidates;
  for (const BootFile& file : files.sysctl_d) {
    if (!file.name.starts_with('.')) candidates.push_back(&file);
  }
  return FirstOfEachName(candidates);
}

std::vector<OrderedBootFile> ProcpsOrder(const BootFiles& files) {
  std::vector<const BootFile*> candidates;
  for (const BootFile& file : files.sysctl_d) candidates.push_back(&file);
  std::vector<OrderedBootFile> ordered;
  for (const OrderedBootFile& one : FirstOfEachName(candidates)) {
    if (one.masked_by != nullptr) {
      ordered.push_back(one);
      continue;
    }
    for (const BootFile* file : FilesOfName(files, *one.file)) ordered.push_back({file, nullptr});
  }
  if (files.sysctl_conf) ordered.push_back({&*files.sysctl_conf, nullptr});
  return ordered;
}

}  // namespace tunewire
