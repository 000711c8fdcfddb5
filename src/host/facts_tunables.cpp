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

/// The network's are listed folder by folder, which finds interfaces and asks for nothing that is
/// not there; few others are in the catalog.
void AddAll(const SysctlTree& tree, Values& values) {
  constexpr std::string_view kNetwork = "net.";
  for (const Tunable& tunable : AllTunables()) {
    const bool readable = tunable.access != Access::kWriteOnly;
    if (readable && !tunable.key.starts_with(kNetwork)) AddNamed(tree, tunable.key, values);
  }
  const auto keys = tree.List("net");
  if (!keys) return;
  for (const SysctlKey& key : *keys) {
    const Tunable* tunable = FindTunable(key);
    if (tunable != nullptr && tunable->access != Access::kWriteOnly) Add(tree, key, values);
  }
}

}  // namespace

Values ReadTunables(const std::string& root, TunablesWanted wanted) {
  Values values;
  const auto tree = OpenSysctlTree(root == "/" ? "/proc/sys" : root + "/proc/sys");
  if (!tree) return values;
  if (wanted == TunablesWanted::kAll) AddAll(**tree, values);
  for (const std::string_view name : kCheckKeys) {
    if (!values.contains(std::string(name))) AddNamed(**tree, name, values);
  }
  return values;
}

}  // namespace tunewire
