// What is known of every tunable: its fields, unit, range, scope, when a change takes effect, and
// why it may be absent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"

namespace tunewire {

enum class FieldType : std::uint8_t {
  kInteger,
  kText,      ///< one word: an algorithm, a queueing discipline, a key
  kWords,     ///< a list of words: tcp_allowed_congestion_control
  kPortList,  ///< "80,8080-8090": ip_local_reserved_ports
  kCpuMask,   ///< hexadecimal words with commas: rps_default_mask
};

/// What the kernel itself does with a value just outside the catalog's range.
enum class Beyond : std::uint8_t {
  kRefused,   ///< write(2) fails
  kAccepted,  ///< stored as it is: only this catalog stops the nonsense
  kAltered,   ///< accepted, and something else is stored
};

struct Field {
  std::string_view name;  ///< "min", "default", "max"; empty for a single field
  FieldType type = FieldType::kInteger;
  std::int64_t min = 0;  ///< smallest value a profile may ask for; of a list: its smallest member
  std::int64_t max = 0;  ///< largest; the kernel accepts both ends, words and texts have none
  Beyond below = Beyond::kRefused;
  Beyond above = Beyond::kRefused;
};

enum class Unit : std::uint8_t {
  kNone,
  kFlag,
  kBytes,
  kPages,
  kPackets,
  kSegments,
  kConnections,
  kEntries,
  kFiles,
  kProcesses,
  kPorts,
  kProbes,
  kRetries,
  kSeconds,
  kMilliseconds,
  kMicroseconds,
  kNanoseconds,
  kJiffies,
  kPercent,
  kKibibytes,
  kBitmask,
  kName,
};

enum class Scope : std::uint8_t {
  kNamespace,  ///< each network namespace has its own value
  kHost,       ///< one value for the host; absent in a child network namespace
  kHostShown,  ///< one value for the host; shown read-only in a child network namespace
  kMachine,    ///< not a network key (fs, vm, kernel): one value, seen everywhere
};

enum class Access : std::uint8_t { kReadWrite, kReadOnly, kWriteOnly };

enum class TakesEffect : std::uint8_t {
  kAtOnce,
  kNewConnections,
  kNewSockets,
  kNextListen,
  kNextInterface,
  kNewNamespaces,
  kNewProcesses,
  kNever,
};

enum class Standing : std::uint8_t {
  kLive,
  kNoEffect,  ///< can be set, changes nothing; `until` says since which version
  kRemoved,   ///< absent; `until` says since which version
};

/// How the kernel rounds what it stores.
enum class Rounding : std::uint8_t { kNone, kPowerOfTwo, kJiffies, kPages };

struct Tunable {
  std::string_view
      key;  ///< "net.core.somaxconn"; '*' in the interface's place: "net.ipv4.conf.*.rp_filter"
  std::span<const Field> fields;
  Unit unit = Unit::kNone;
  Scope scope = Scope::kNamespace;
  Access access = Access::kReadWrite;
  TakesEffect takes_effect = TakesEffect::kAtOnce;
  Standing standing = Standing::kLive;
  Rounding rounding = Rounding::kNone;
  bool ascending = false;    ///< fields must not decrease: min <= default <= max
  std::string_view module;   ///< kernel module that brings the key, empty where it is always there
  std::string_view since;    ///< first kernel version with it, empty where older than 4.9
  std::string_view until;    ///< version that removed or disabled it
  std::string_view instead;  ///< what to do instead of a dead key
  std::span<const std::string_view>
      coupled;  ///< keys (patterns allowed) that the kernel changes along with this one
  std::string_view summary;  ///< one plain sentence
  std::string_view source;   ///< kernel file, documentation page or RFC
};

/// Every row, sorted by area as the source files are.
std::span<const Tunable> AllTunables();

/// The row for a key, nullptr where nothing is known of it. An exact row beats one with '*'.
const Tunable* FindTunable(const SysctlKey& key);

/// Up to three names near a mistyped one, best first.
std::vector<std::string> NearestKeys(std::string_view name);

/// Keys that no profile may ever set, whatever the catalog knows (kernel.core_pattern,
/// kernel.modprobe, ...).
bool IsForbidden(const SysctlKey& key);

/// A value as the kernel would compare it: fields split at white space, port lists and masks in one
/// canonical spelling. `tunable` may be nullptr: then only white space is folded.
std::vector<std::string> CanonicalFields(const Tunable* tunable, std::string_view raw);

/// Names for reports and JSON: "bytes", "per namespace" / "namespace", "next listen" /
/// "next_listen".
std::string_view UnitName(Unit unit);
std::string_view UnitSymbol(Unit unit);  ///< "B", "ms", "pages"; empty where a number stands alone
std::string_view ScopeName(Scope scope);
std::string_view ScopeSlug(Scope scope);
std::string_view TakesEffectName(TakesEffect when);
std::string_view TakesEffectSlug(TakesEffect when);

}  // namespace tunewire
