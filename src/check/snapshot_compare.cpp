// What differs between two snapshots: what bears on a measurement by the forms that are hashed,
// shown by the interfaces' names where both have them; the rest name by name.
#include <algorithm>
#include <functional>

#include "base/format.h"
#include "check/snapshot_names.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Facts = std::map<std::string, std::string>;

std::string ValueOf(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

/// "nic.eth0.ring.rx" is not known where the reason stands under it, "nic.eth0.ring" or "nic".
std::string WhyUnknown(const HostSnapshot& snapshot, std::string_view fact) {
  for (std::string_view front = fact; !front.empty();) {
    const std::string why = ValueOf(snapshot.fleeting, Format("{}{}", kUnknownFact, front));
    if (!why.empty()) return why;
    const std::size_t dot = front.rfind('.');
    front = dot == std::string_view::npos ? std::string_view() : front.substr(0, dot);
  }
  return IsRootOnly(fact) ? "only root may read it" : "";
}

class Comparison {
 public:
  Comparison(const HostSnapshot& before, const HostSnapshot& after)
      : before_(before), after_(after) {
    nics_known_ = KnowsNics(before) && KnowsNics(after);
    const Roles roles = nics_known_ ? Roles::kOwn : Roles::kAlike;
    was_ = Canonical(before, roles);
    is_ = Canonical(after, roles);
  }

  std::vector<SnapshotDifference> Go() {
    CompareInterfaces();
    CompareBearing();
    CompareHarmless();
    std::ranges::stable_sort(found_, {}, [](const SnapshotDifference& one) {
      return std::pair(one.bearing, std::string_view(one.name));
    });
    return std::move(found_);
  }

 private:
  static bool KnowsNics(const HostSnapshot& snapshot) {
    return WhyUnknown(snapshot, "nic").empty();
  }

  void Add(std::string name, std::string before, std::string after, Bearing bearing,
           std::string why) {
    SnapshotDifference one{std::move(name), std::move(before), std::move(after),
                           bearing,         std::move(why),    ""};
    if (one.before.empty()) one.unknown = WhyUnknown(before_, one.name);
    if (one.after.empty()) one.unknown = WhyUnknown(after_, one.name);
    found_.push_back(std::move(one));
  }

  /// Those of a side that does not know its interfaces, or of a kind that only one side has, are
  /// one difference, not one for each of their facts.
  void CompareInterfaces() {
    if (!nics_known_) {
      const auto names = [](const CanonicalSnapshot& one) {
        std::vector<std::string> all;
        for (const auto& [role, interfaces] : one.roles)
          all.insert(all.end(), interfaces.begin(), interfaces.end());
        return Join(all, ", ");
      };
      const std::string was = KnowsNics(before_) ? names(was_) : "";
      const std::string is = KnowsNics(after_) ? names(is_) : "";
      if (was != is) Add("nic", was, is, Bearing::kMeasurement, WhyOf("nic.*"));
      return;
    }
    for (const auto& [role, interfaces] : was_.roles) {
      if (!is_.roles.contains(role)) AddRole(role, JoinedValues(interfaces), "");
    }
    for (const auto& [role, interfaces] : is_.roles) {
      if (!was_.roles.contains(role)) AddRole(role, "", JoinedValues(interfaces));
    }
  }

  void AddRole(const std::string& role, std::string before, std::string after) {
    Add(std::string(kNic) + role, std::move(before), std::move(after), Bearing::kMeasurement,
        "interfaces of this kind are on one side alone");
  }

  [[nodiscard]] bool SaidAlready(const std::string& canonical) const {
    if (!nics_known_ && canonical.starts_with(kNic)) return true;
    const auto named = InterfaceIn(canonical);
    if (!named || !nics_known_) return false;
    const std::string role(named->interface);
    return !was_.roles.contains(role) || !is_.roles.contains(role);
  }

  void CompareBearing() {
    for (const auto& [name, fact] : was_.facts) {
      const auto other = is_.facts.find(name);
      const bool there = other != is_.facts.end();
      if (there && other->second.values == fact.values) continue;
      if (!SaidAlready(name)) AddBearing(name, fact, there ? other->second : CanonicalFact{});
    }
    for (const auto& [name, fact] : is_.facts) {
      if (!was_.facts.contains(name) && !SaidAlready(name)) AddBearing(name, {}, fact);
    }
  }

  /// By the names that both sides know and that differ; else by the canonical name.
  void AddBearing(const std::string& name, const CanonicalFact& was, const CanonicalFact& is) {
    bool shown = false;
    std::set<std::string> facts = was.facts;
    facts.insert(is.facts.begin(), is.facts.end());
    for (const std::string& fact : facts) {
      if (!OnBothSides(fact)) continue;
      const std::string before = ValueOf(before_.stable, fact),
                        after = ValueOf(after_.stable, fact);
      if (before == after) continue;
      Add(fact, before, after, Bearing::kMeasurement, WhyOf(fact));
      shown = true;
    }
    if (!shown)
      Add(name, JoinedValues(was.values), JoinedValues(is.values), Bearing::kMeasurement,
          WhyOf(name));
  }

  /// The interface of the fact, or what has no interface. A route that one side does not have has
  /// the kernel's own metrics there.
  [[nodiscard]] bool OnBothSides(const std::string& fact) const {
    const auto named = InterfaceIn(fact);
    if (!named) return true;
    if (!nics_known_) return before_.stable.contains(fact) && after_.stable.contains(fact);
    const std::string role = Format("{}{}.{}", kNic, named->interface, kRoleFact);
    const std::string was = ValueOf(before_.stable, role);
    return !was.empty() && was == ValueOf(after_.stable, role);
  }

  /// What an interface is that only one side has says its role; the rest of it is left out.
  void CompareHarmless() {
    Facts all = before_.stable;
    all.insert(after_.stable.begin(), after_.stable.end());
    for (const auto& [fact, value] : all) {
      if (BearingOf(fact) == Bearing::kMeasurement) continue;
      const std::string before = ValueOf(before_.stable, fact),
                        after = ValueOf(after_.stable, fact);
      if (before == after || LeftOut(fact)) continue;
      Add(fact, before, after, Bearing::kNone, WhyOf(fact));
    }
  }

  [[nodiscard]] bool LeftOut(const std::string& fact) const {
    if (!nics_known_ && fact.starts_with(kNic)) return true;
    const auto named = InterfaceIn(fact);
    return named && named->back != Format(".{}", kRoleFact) && !OnBothSides(fact);
  }

  const HostSnapshot& before_;
  const HostSnapshot& after_;
  bool nics_known_ = true;
  CanonicalSnapshot was_, is_;
  std::vector<SnapshotDifference> found_;
};

}  // namespace

std::vector<SnapshotDifference> CompareSnapshots(const HostSnapshot& before,
                                                 const HostSnapshot& after) {
  return Comparison(before, after).Go();
}

}  // namespace tunewire
