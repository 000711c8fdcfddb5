// Conditions of a host that spoil a network measurement: pure functions over HostFacts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/host/host_facts.h"

namespace tunewire {

enum class CheckState { kOk, kWarn, kBad, kUnknown };

std::string_view NameOf(CheckState state);  ///< "ok", "warn", "bad", "unknown"

/// A setting that would mend it: a line of a profile.
struct ProfileLine {
  std::string key;    ///< "net.core.somaxconn", or "nofile"
  std::string value;  ///< JSON: "8192", "{\"at_least\": 8192}"
  std::string why;

  bool operator==(const ProfileLine&) const = default;
};

struct CheckResult {
  std::string id;  ///< "clock_source"
  CheckState state = CheckState::kUnknown;
  std::string have, want;  ///< short, with units: "hpet", "tsc"
  std::string evidence;    ///< where it was read: "/sys/devices/system/clocksource/..."
  std::string why;         ///< what it does to a measurement; of kUnknown: why nothing is known
  std::string fix;         ///< what to do, empty with kOk
  std::vector<ProfileLine> profile;

  bool operator==(const CheckResult&) const = default;
};

/// What the user is about to measure, as far as checks care.
struct CheckWish {
  std::string interface;  ///< traffic goes through it; empty: not known, all are looked at
  bool loopback = false;  ///< both ends are here: the NICs do not matter
};

struct CheckEntry {
  std::string_view id;
  std::string_view section;  ///< "limits", "sockets", "network card", "processor", "memory", ...
  std::string_view title;    ///< "clock source"
  CheckResult (*look)(const HostFacts& facts, const CheckWish& wish) = nullptr;
};

/// At least 30, in the order they are shown.
std::span<const CheckEntry> AllChecks();

/// nullptr where none has that id.
const CheckEntry* FindCheck(std::string_view id);

std::vector<CheckResult> RunChecks(const HostFacts& facts, const CheckWish& wish);

}  // namespace tunewire
