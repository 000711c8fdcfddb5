// Values of the keys below /proc/sys.
#include <algorithm>

#include "host/check_keys.h"
#include "host/facts.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {
namespace {

using Values = std::map<std::string, std::string>;

bool IsSecret(std::string_view name) {
  return std::ranges::find(kSecretKeys, name) != kSecretKeys.end() || name.ends_with(kSecretName);
}

void Add(const SysctlTree& tree, const SysctlKey& key, Values& values) {
  std::string name = key.name();
  if (IsSecret(name)) return;
  Result<std::string> text = tree.Read(key);
  if (!text) return;
  while (text->ends_with('\n')) text->pop_back();
  values.insert_or_assign(std::move(name), std::move(*text));
}

void AddNamed(const SysctlTree& tree, std::string_view name, Values& values) {
  if (const auto key = SysctlKey::Parse(name)) Add(tree, *key, values);
}

/// Those of the catalog without a pattern are asked for by name, the others found in the tree.
void AddAll(const SysctlTree& tree, Values& values) {
  for (const Tunable& tunable : AllTunables()) {
    const bool pattern = tunable.key.find('*') != std::string_view::npos;
    if (!pattern && tunable.access != Access::kWriteOnly) AddNamed(tree, tunable.key, values);
  }
  const auto keys = tree.List("net");
  if (!keys) return;
  for (const SysctlKey& key : *keys) {
    const Tunable* tunable = FindTunable(key);
    if (tunable == nullptr || tunable->access == Access::kWriteOnly) continue;
    if (tunable->key.find('*') != std::string_view::npos) Add(tree, key, values);
  }
}

}  // namespace

Values ReadTunables(const std::string& root, TunablesWanted wanted) {
  Values values;
  const auto tree = OpenSysctlTree(root == "/" ? "/proc/sys" : root + "/proc/sys");
  if (!tree) return values;
  for (const std::string_view name : kCheckKeys) AddNamed(**tree, name, values);
  if (wanted == TunablesWanted::kAll) AddAll(**tree, values);
  return values;
}

}  // namespace tunewire
