// How facts of a snapshot are named, which of them bear on a measurement and why, and their form
// without names of interfaces. Parts of snapshot.h. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "tunewire/check/snapshot.h"

namespace tunewire {

inline constexpr std::string_view kTunables = "tunables.";
inline constexpr std::string_view kNic = "nic.";
inline constexpr std::string_view kRoute = "route.";
inline constexpr std::string_view kUnknownFact = "unknown.";
inline constexpr std::string_view kNothing = "none";
inline constexpr std::string_view kRoleFact = "role";
inline constexpr std::string_view kUpFact = "up";

/// Facts while they are made. Whatever a kernel or driver says, they are fit for a terminal.
class FactWriter {
 public:
  explicit FactWriter(HostSnapshot& snapshot) : snapshot_(snapshot) {}

  void Stable(std::string name, std::string value) {
    Put(snapshot_.stable, std::move(name), std::move(value));
  }
  void Fleeting(std::string name, std::string value) {
    Put(snapshot_.fleeting, std::move(name), std::move(value));
  }
  void Unknown(std::string_view name, const std::string& why);

 private:
  static void Put(std::map<std::string, std::string>& facts, std::string name, std::string value);

  HostSnapshot& snapshot_;
};

void AddInterfaces(const HostFacts& facts, FactWriter& writer);
void AddRoutes(const HostFacts& facts, FactWriter& writer);
void AddMoving(const HostFacts& facts, FactWriter& writer);

/// "1500, 9000"
std::string JoinedValues(const std::set<std::string>& values);
/// "0-3,8"
std::string CpuListText(std::span<const std::uint32_t> ascending);

/// What an interface's name stands for in the names of facts: no dots.
std::string InterfacePart(std::string_view interface);

/// The kernel changes it by itself, or it only lists what is at hand.
bool IsFleetingTunable(std::string_view key);
/// An ordinary user cannot read it.
bool IsRootOnly(std::string_view fact);

/// Whatever is not known to be harmless bears on a measurement.
Bearing BearingOf(std::string_view fact);
/// How it does, or why it does not: one sentence.
std::string WhyOf(std::string_view fact);

/// The interface in the name of a fact: "nic." "eth0" ".mtu", "tunables.net.ipv4.conf." "eth0"
/// ".rp_filter". None in those of `all` and `default`.
struct NamedInterface {
  std::string_view front, interface, back;
};
std::optional<NamedInterface> InterfaceIn(std::string_view fact);

/// What bears on a measurement, by names without those of interfaces: each with the values it has,
/// and the names it has them under.
struct CanonicalFact {
  std::set<std::string> values;
  std::set<std::string> facts;
};
struct CanonicalSnapshot {
  std::map<std::string, CanonicalFact> facts;
  std::map<std::string, std::set<std::string>> roles;  ///< interfaces that are up, by role
};

enum class Roles { kOwn, kAlike };  ///< alike: every interface has the same role
CanonicalSnapshot Canonical(const HostSnapshot& snapshot, Roles roles);

}  // namespace tunewire
