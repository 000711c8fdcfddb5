// The two loaders' rules of which line wins.
#include "tunewire/tune/boot.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "tune/boot_ledger.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

/// systemd keeps one option per key text: a different value replaces it and moves to the end, the
/// same value again leaves it where it was.
std::vector<std::size_t> SystemdOptions(const std::vector<BootEntry>& entries) {
  struct Option {
    std::size_t first;  ///< decides the place in the order
    std::size_t last;   ///< the line that is to be named as the winner
  };
  std::unordered_map<std::string_view, Option> options;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const BootEntry& entry = entries[i];
    if (entry.masked) continue;
    const auto [at, added] = options.try_emplace(entry.line.path, Option{i, i});
    if (added) continue;
    const SysctlLine& before = entries[at->second.last].line;
    const bool same = before.kind == entry.line.kind && before.value == entry.line.value;
    at->second = same ? Option{at->second.first, i} : Option{i, i};
  }
  std::vector<Option> ordered;
  for (const auto& [path, option] : options) ordered.push_back(option);
  std::ranges::sort(ordered, {}, &Option::first);
  std::vector<std::size_t> winners;
  for (const Option& option : ordered) winners.push_back(option.last);
  return winners;
}

/// A glob passes over every key that some line names.
void Write(BootLedger& ledger, std::size_t index, const std::unordered_set<std::string>& named) {
  const SysctlLine& line = ledger.entries()[index].line;
  for (const std::string& path : ledger.Targets(line)) {
    if (line.is_glob() && named.contains(path)) continue;
    ledger.Wrote(ledger.keys().Resolve(path).value_or(path), index);
  }
}

void NoteGlobExclusions(BootLedger& ledger) {
  for (const BootEntry& entry : ledger.entries()) {
    if (entry.masked || !entry.excludes() || !entry.line.is_glob()) continue;
    ledger.Note(entry, "glob_excludes_nothing",
                "an exclusion holds for the one key it names; with a glob it excludes nothing");
  }
}

std::string_view TimingText(BootTiming timing) {
  switch (timing) {
    case BootTiming::kAtLoad:
      return "at_load";
    case BootTiming::kWithInterface:
      return "with_interface";
    case BootTiming::kOnlyIfPresent:
      return "only_if_present";
    case BootTiming::kWithModule:
      return "with_module";
    case BootTiming::kModuleTooLate:
      return "module_too_late";
  }
  return "";
}

/// The interface whose key this is; empty for "all", "default" and keys of no interface.
std::string InterfaceOf(const SysctlKey& key) {
  const auto parts = key.parts();
  if (parts.size() != 5 || parts[0] != "net") return "";
  if (parts[1] != "ipv4" && parts[1] != "ipv6") return "";
  if (parts[2] != "conf" && parts[2] != "neigh") return "";
  return parts[3] == "all" || parts[3] == "default" || parts[3] == "lo" ? "" : parts[3];
}

bool Reapplied(const BootFiles& files, std::string_view module, const SysctlKey& key) {
  return std::ranges::any_of(files.reapplies, [&](const BootReapply& rule) {
    return rule.module == module &&
           std::ranges::any_of(rule.prefixes, [&](const std::string& prefix) {
             return key.path() == prefix || key.path().starts_with(prefix + "/");
           });
  });
}

/// What the kernel is asked to hold, or nothing.
std::vector<std::string> Asked(const BootValue* value) {
  if (value == nullptr || !value->assigned) return {};
  return CanonicalFields(FindTunable(value->key), value->value);
}

}  // namespace

std::string_view BootLoaderName(BootLoader loader) {
  return loader == BootLoader::kSystemdSysctl ? "systemd-sysctl" : "sysctl --system";
}

std::string_view BootLoaderSlug(BootLoader loader) {
  return loader == BootLoader::kSystemdSysctl ? "systemd_sysctl" : "procps";
}

std::string_view LostByName(LostBy reason) {
  switch (reason) {
    case LostBy::kLaterLine:
      return "later_line";
    case LostBy::kNamedKey:
      return "named_key";
    case LostBy::kExclusion:
      return "exclusion";
    case LostBy::kMaskedFile:
      return "masked_file";
  }
  return "";
}

std::string_view BootTimingName(BootTiming timing) { return TimingText(timing); }

const BootValue* BootResolution::Find(const SysctlKey& key) const {
  const auto at = std::ranges::lower_bound(values, key, {}, &BootValue::key);
  return at != values.end() && at->key == key ? &*at : nullptr;
}

BootResolution ResolveSystemdSysctl(const BootFiles& files, std::span<const SysctlKey> existing) {
  BootLedger ledger(BootLoader::kSystemdSysctl, existing);
  ledger.Load(SystemdOrder(files));
  const std::vector<std::size_t> options = SystemdOptions(ledger.entries());
  std::unordered_set<std::string> named;
  for (const std::size_t index : options) named.insert(ledger.entries()[index].line.path);
  for (const std::size_t index : options) {
    const BootEntry& entry = ledger.entries()[index];
    if (!entry.excludes()) Write(ledger, index, named);
  }
  NoteGlobExclusions(ledger);
  return std::move(ledger).Finish();
}

BootResolution ResolveProcps(const BootFiles& files, std::span<const SysctlKey> existing) {
  BootLedger ledger(BootLoader::kProcps, existing);
  ledger.Load(ProcpsOrder(files));
  std::unordered_set<std::string> named;
  for (const BootEntry& entry : ledger.entries()) {
    if (!entry.masked) named.insert(entry.line.path);
  }
  for (std::size_t i = 0; i < ledger.entries().size(); ++i) {
    const BootEntry& entry = ledger.entries()[i];
    if (!entry.masked && !entry.excludes()) Write(ledger, i, named);
  }
  NoteGlobExclusions(ledger);
  return std::move(ledger).Finish();
}

BootTiming TimingOf(const SysctlKey& key, BootLoader loader, const BootFiles& files) {
  const bool systemd = loader == BootLoader::kSystemdSysctl;
  const Tunable* tunable = FindTunable(key);
  if (tunable != nullptr && !tunable->module.empty()) {
    if (std::ranges::find(files.early_modules, tunable->module) == files.early_modules.end()) {
      return systemd && Reapplied(files, tunable->module, key) ? BootTiming::kWithModule
                                                               : BootTiming::kModuleTooLate;
    }
  }
  if (InterfaceOf(key).empty()) return BootTiming::kAtLoad;
  return systemd && files.interfaces_reapplied ? BootTiming::kWithInterface
                                               : BootTiming::kOnlyIfPresent;
}

std::vector<BootDisagreement> CompareLoaders(const BootResolution& systemd,
                                             const BootResolution& procps) {
  std::vector<BootDisagreement> found;
  const auto compare = [&](const BootValue* a, const BootValue* b) {
    if (Asked(a) != Asked(b)) found.push_back({a, b});
  };
  for (const BootValue& value : systemd.values) compare(&value, procps.Find(value.key));
  for (const BootValue& value : procps.values) {
    if (systemd.Find(value.key) == nullptr) compare(nullptr, &value);
  }
  const auto key_of = [](const BootDisagreement& d) {
    return (d.systemd ? d.systemd : d.procps)->key;
  };
  std::ranges::sort(found, {}, key_of);
  return found;
}

}  // namespace tunewire
