// One look at every key a plan concerns.
#include <algorithm>

#include "base/format.h"
#include "tune/expand.h"
#include "tunewire/tune/plan.h"

namespace tunewire {
namespace {

// Always there in the first network namespace, never in another.
constexpr std::string_view kFirstNamespaceOnly = "net.core.netdev_max_backlog";

class Photographer {
 public:
  Photographer(Snapshot& snapshot, const SysctlTree& tree) : snapshot_(snapshot), tree_(tree) {}

  void Take(const SysctlKey& key) {
    if (snapshot_.keys.contains(key)) return;
    Snapshot::Entry entry{.state = tree_.State(key)};
    if (entry.state.access != KeyState::Access::kAbsent &&
        entry.state.access != KeyState::Access::kWriteOnly) {
      auto raw = tree_.Read(key);
      if (raw)
        entry.raw = *std::move(raw);
      else
        entry.error = raw.error();
    } else if (const auto folder = InterfaceFolder(key)) {
      TakeNames(*folder);
    }
    snapshot_.keys.emplace(key, std::move(entry));
  }

  void TakeNames(const std::string& folder) {
    if (snapshot_.names.contains(folder)) return;
    auto names = tree_.Names(folder);
    snapshot_.names.emplace(folder, names ? *std::move(names) : std::vector<std::string>());
  }

  void TakeMatches(const KeyPattern& pattern) {
    TakeNames(pattern.FixedFolder());
    for (const SysctlKey& key : Expand(pattern, snapshot_)) Take(key);
  }

 private:
  Snapshot& snapshot_;
  const SysctlTree& tree_;
};

}  // namespace

std::optional<std::string> InterfaceFolder(const SysctlKey& key) {
  const auto parts = key.parts();
  if (parts.size() != 5 || parts[0] != "net") return std::nullopt;
  if (parts[2] != "conf" && parts[2] != "neigh") return std::nullopt;
  return Format("{}/{}/{}", parts[0], parts[1], parts[2]);
}

std::vector<SysctlKey> Expand(const KeyPattern& pattern, const Snapshot& snapshot) {
  if (!pattern.is_glob()) return {pattern.key()};
  std::vector<SysctlKey> keys;
  const std::string folder = pattern.FixedFolder();
  const auto names = snapshot.names.find(folder);
  if (names == snapshot.names.end()) return keys;
  // A pattern has its glob in the interface's place: what follows that part is fixed.
  const std::string path = PathOf(pattern);
  const std::size_t rest = path.find('/', folder.size() + 1);
  for (const std::string& name : names->second) {
    const auto key = SysctlKey::Parse(
        Format("{}/{}{}", folder, name, rest == std::string::npos ? "" : path.substr(rest)));
    if (key && pattern.Matches(*key)) keys.push_back(*key);
  }
  return keys;
}

std::string PathOf(const KeyPattern& pattern) {
  const auto key = SysctlKey::Parse(pattern.name());
  return key ? key->path() : std::string();
}

std::vector<SysctlKey> CoupledKeys(const SysctlKey& key, const Snapshot& snapshot) {
  std::vector<SysctlKey> keys;
  const Tunable* tunable = FindTunable(key);
  if (tunable == nullptr) return keys;
  for (const std::string_view text : tunable->coupled) {
    const auto pattern = KeyPattern::Parse(text);
    if (!pattern) continue;
    for (SysctlKey& coupled : Expand(*pattern, snapshot))
      if (coupled != key) keys.push_back(std::move(coupled));
  }
  return keys;
}

Snapshot TakeSnapshot(const ComposedProfile& profile, const InForce& in_force,
                      const SysctlTree& tree) {
  Snapshot snapshot;
  Photographer photographer(snapshot, tree);
  for (const Setting& setting : profile.settings) {
    if (setting.key.is_glob())
      photographer.TakeMatches(setting.key);
    else
      photographer.Take(setting.key.key());
  }
  for (const auto& [key, held] : in_force.keys) photographer.Take(key);

  std::vector<SysctlKey> named;
  for (const auto& [key, entry] : snapshot.keys)
    if (entry.state.access != KeyState::Access::kAbsent) named.push_back(key);
  for (const SysctlKey& key : named) {
    const Tunable* tunable = FindTunable(key);
    if (tunable == nullptr) continue;
    for (const std::string_view text : tunable->coupled) {
      const auto pattern = KeyPattern::Parse(text);
      if (!pattern) continue;
      if (pattern->is_glob())
        photographer.TakeMatches(*pattern);
      else
        photographer.Take(pattern->key());
    }
  }
  const auto sentinel = SysctlKey::Parse(kFirstNamespaceOnly);
  snapshot.init_namespace = sentinel && tree.State(*sentinel).access != KeyState::Access::kAbsent;
  return snapshot;
}

}  // namespace tunewire
