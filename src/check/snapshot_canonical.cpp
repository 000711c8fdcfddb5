// A snapshot without the names of interfaces and destinations, and the hash over that.
#include <array>

#include "base/fnv.h"
#include "base/format.h"
#include "check/snapshot_names.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::array<std::string_view, 4> kByInterface = {
    "tunables.net.ipv4.conf.", "tunables.net.ipv6.conf.", "tunables.net.ipv4.neigh.",
    "tunables.net.ipv6.neigh."};
constexpr std::string_view kAnyRole = "interface";
constexpr std::string_view kDefaultRoute = "route.default.";

const std::string* Find(const HostSnapshot& snapshot, const std::string& name) {
  const auto found = snapshot.stable.find(name);
  return found == snapshot.stable.end() ? nullptr : &found->second;
}

/// None for an interface that is down.
std::optional<std::string> RoleIn(const HostSnapshot& snapshot, std::string_view interface) {
  const std::string* up = Find(snapshot, Format("{}{}.{}", kNic, interface, kUpFact));
  if (up != nullptr && *up != "yes") return std::nullopt;
  const std::string* role = Find(snapshot, Format("{}{}.{}", kNic, interface, kRoleFact));
  return role == nullptr ? std::string(kAnyRole) : *role;
}

/// "route.10.0.0.0/24.initcwnd": which destination it is says nothing.
std::string WithoutDestination(std::string_view fact) {
  if (!fact.starts_with(kRoute) || fact.starts_with(kDefaultRoute)) return std::string(fact);
  return Format("{}others{}", kRoute, fact.substr(fact.rfind('.')));
}

}  // namespace

std::string JoinedValues(const std::set<std::string>& values) {
  return Join(std::vector<std::string>(values.begin(), values.end()), ", ");
}

std::optional<NamedInterface> InterfaceIn(std::string_view fact) {
  std::size_t front = fact.starts_with(kNic) ? kNic.size() : 0;
  for (const std::string_view folder : kByInterface) {
    if (fact.starts_with(folder)) front = folder.size();
  }
  const std::size_t end = fact.find('.', front);
  if (front == 0 || end == std::string_view::npos) return std::nullopt;
  const NamedInterface named{fact.substr(0, front), fact.substr(front, end - front),
                             fact.substr(end)};
  const bool all = named.interface == "all" || named.interface == "default";
  if (all && !fact.starts_with(kNic)) return std::nullopt;
  return named;
}

CanonicalSnapshot Canonical(const HostSnapshot& snapshot, Roles roles) {
  CanonicalSnapshot canonical;
  for (const auto& [fact, value] : snapshot.stable) {
    if (BearingOf(fact) == Bearing::kNone) continue;
    std::string name = WithoutDestination(fact);
    if (const auto named = InterfaceIn(fact)) {
      const auto role =
          roles == Roles::kAlike ? std::string(kAnyRole) : RoleIn(snapshot, named->interface);
      if (!role) continue;
      name = Format("{}{}{}", named->front, *role, named->back);
      canonical.roles[*role].insert(std::string(named->interface));
    }
    CanonicalFact& merged = canonical.facts[name];
    merged.values.insert(value);
    merged.facts.insert(fact);
  }
  return canonical;
}

std::string HashOf(const HostSnapshot& snapshot) {
  std::uint64_t hash = kFnv1aOfNothing;
  for (const auto& [name, fact] : Canonical(snapshot, Roles::kOwn).facts) {
    hash = Fnv1a(name, hash);
    for (const std::string& value : fact.values) hash = Fnv1a(value, Fnv1a(kHashedPart, hash));
    hash = Fnv1a(kHashedEnd, hash);
  }
  return Format("{:016x}", hash);
}

}  // namespace tunewire
