// Why a key is not there, and what to do.
#include <algorithm>

#include "base/format.h"
#include "tune/expand.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Absence Removed(const Tunable& tunable) {
  return {.reason = Format("removed in Linux {}", tunable.until),
          .hint = std::string(tunable.instead)};
}

Absence NoInterface(const std::string& name, const std::vector<std::string>& names) {
  std::vector<std::string> interfaces;
  std::ranges::copy_if(names, std::back_inserter(interfaces), [](const std::string& other) {
    return other != "all" && other != "default";
  });
  return {.reason = Format("no interface {}", Printable(name)),
          .hint = interfaces.empty() ? "this namespace has no interface"
                                     : Format("interfaces here: {}", Join(interfaces, " "))};
}

std::optional<Absence> MissingInterface(const SysctlKey& key, const Snapshot& snapshot) {
  const auto folder = InterfaceFolder(key);
  if (!folder) return std::nullopt;
  const std::string name = key.parts()[3];
  const auto names = snapshot.names.find(*folder);
  if (names == snapshot.names.end() || std::ranges::count(names->second, name) > 0)
    return std::nullopt;
  return NoInterface(name, names->second);
}

Absence Unknown(const SysctlKey& key) {
  const auto nearest = NearestKeys(key.name());
  if (nearest.empty())
    return {.reason = "no such key, and nothing is known of it",
            .hint = "tunewire show lists the keys of this host"};
  return {.reason = "no such key: likely a typo",
          .hint = Format("did you mean {}?", nearest.front())};
}

}  // namespace

Absence ExplainAbsence(const SysctlKey& key, const Snapshot& snapshot) {
  const Tunable* tunable = FindTunable(key);
  if (tunable != nullptr && tunable->standing == Standing::kRemoved) return Removed(*tunable);
  if (auto missing = MissingInterface(key, snapshot)) return *missing;
  if (tunable == nullptr) return Unknown(key);
  if (tunable->scope == Scope::kHost && !snapshot.init_namespace)
    return {.reason = "host-wide key, not settable in this namespace",
            .hint = "apply it in the host's own network namespace"};
  if (!tunable->module.empty())
    return {.reason = Format("kernel module {} is not loaded", tunable->module),
            .hint = Format("modprobe {}", tunable->module)};
  if (!tunable->since.empty())
    return {.reason = Format("needs Linux {} or later", tunable->since),
            .hint = "mark it optional in the profile"};
  return {.reason = "this kernel was built without it", .hint = "mark it optional in the profile"};
}

}  // namespace tunewire
