// Rules about keys: lacking, dead, misspelt, late.
#include <algorithm>

#include "base/format.h"
#include "tune/lint_subject.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool IsGone(const LintEntry& entry) {
  return entry.tunable != nullptr && entry.tunable->standing == Standing::kRemoved;
}

/// Three words of the fourth part: net.ipv4.conf.IF.x and net.ipv4.neigh.IF.x.
std::string InterfaceOf(const std::vector<std::string>& parts) {
  const bool fits = parts.size() == 5 && parts[0] == "net" &&
                    (parts[1] == "ipv4" || parts[1] == "ipv6") &&
                    (parts[2] == "conf" || parts[2] == "neigh");
  return fits && parts[3] != "all" && parts[3] != "default" ? parts[3] : "";
}

/// net.ipv4.conf.eth0.100.x: the dot of the interface's name was taken for a separator.
bool HasDottedInterface(const LintEntry& entry) {
  const auto parts = Split(entry.path, '/');
  return parts.size() > 5 && parts[0] == "net" && (parts[1] == "ipv4" || parts[1] == "ipv6") &&
         (parts[2] == "conf" || parts[2] == "neigh");
}

void RemovedKey(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!IsGone(entry)) continue;
    report.AtKey(entry, Format("{} is gone since Linux {}", entry.text, entry.tunable->until),
                 Format("remove it; instead: {}", entry.tunable->instead));
  }
}

void DeadKey(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (entry.tunable == nullptr || entry.tunable->standing != Standing::kNoEffect) continue;
    report.AtKey(entry,
                 Format("{} can be set and changes nothing since Linux {}", entry.text,
                        entry.tunable->until),
                 Format("remove it; instead: {}", entry.tunable->instead));
  }
}

void ReadOnlyKey(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (entry.exclusion || entry.tunable == nullptr) continue;
    if (entry.tunable->access != Access::kReadOnly) continue;
    report.AtKey(entry, Format("{} only shows a value, it cannot be set", entry.text), "");
  }
}

void DottedInterface(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!HasDottedInterface(entry)) continue;
    auto parts = Split(entry.path, '/');
    const std::vector<std::string> middle(parts.begin() + 3, parts.end() - 1);
    report.AtKey(entry,
                 Format("the dots of interface {} separate parts here, so no key has this name",
                        Printable(Join(middle, "."))),
                 Format("write {}.{}.{}.{}.{}", parts[0], parts[1], parts[2], Join(middle, "/"),
                        parts.back()));
  }
}

/// The catalog lacks it and has something close: nearly always a slip of the pen.
bool IsMisspelt(const LintEntry& entry, const LintFacts& facts, const BootKeys& keys,
                std::string& nearest) {
  if (!entry.key || entry.tunable != nullptr || entry.is_glob()) return false;
  if (facts.keys_known && keys.Resolve(entry.path)) return false;
  if (!InterfaceOf(entry.key->parts()).empty() || HasDottedInterface(entry)) return false;
  const auto near = NearestKeys(entry.key->name());
  if (near.empty() || EditDistance(near.front(), entry.key->name()) > 2) return false;
  nearest = near.front();
  return true;
}

void MisspeltKey(const LintSubject& subject, const LintFacts& facts, const LintReport& report) {
  const BootKeys keys(facts.existing);
  for (const LintEntry& entry : subject.entries) {
    std::string nearest;
    if (!IsMisspelt(entry, facts, keys, nearest)) continue;
    report.AtKey(entry, Format("{} is not known", Printable(entry.text)),
                 Format("did you mean {}?", nearest));
  }
}

std::string WhyMissing(const LintEntry& entry, const LintFacts& facts) {
  const Tunable* tunable = entry.tunable;
  if (tunable != nullptr && facts.child_namespace && tunable->scope == Scope::kHost) {
    return "it is one for the whole host and not shown in this network namespace";
  }
  if (tunable != nullptr && !tunable->module.empty()) {
    return Format("module {} brings it and is not loaded", tunable->module);
  }
  const std::string interface = entry.key ? InterfaceOf(entry.key->parts()) : "";
  if (!interface.empty()) return Format("there is no interface {} now", Printable(interface));
  if (tunable != nullptr && !tunable->since.empty()) {
    return Format("it came with Linux {}", tunable->since);
  }
  return tunable != nullptr ? "this kernel was built without it" : "nothing is known of it";
}

void MissingKey(const LintSubject& subject, const LintFacts& facts, const LintReport& report) {
  if (!facts.keys_known) return;
  const BootKeys keys(facts.existing);
  for (const LintEntry& entry : subject.entries) {
    if (entry.exclusion || IsGone(entry) || HasDottedInterface(entry)) continue;
    if (entry.is_glob()) {
      const auto patterns = ExpandBraces(entry.path, 4096).value_or(std::vector<std::string>{});
      const auto matches = [&](const std::string& pattern) { return !keys.Glob(pattern).empty(); };
      if (std::ranges::none_of(patterns, matches)) {
        report.AtKey(entry, Format("{} matches no key here", Printable(entry.text)), "");
      }
      continue;
    }
    std::string nearest;
    if (keys.Resolve(entry.path) || entry.ignore_failure || IsMisspelt(entry, facts, keys, nearest))
      continue;
    report.AtKey(
        entry, Format("this kernel has no {}: {}", Printable(entry.text), WhyMissing(entry, facts)),
        "");
  }
}

void LateModule(const LintSubject& subject, const LintFacts& facts, const LintReport& report) {
  // What comes by standard input is a dump or a draft, and no boot reads it.
  const bool file = !subject.source->path.starts_with('<');
  if (!facts.boot || subject.format != SettingsFormat::kSysctl || !file) return;
  for (const LintEntry& entry : subject.entries) {
    if (entry.exclusion || !entry.key || IsGone(entry)) continue;
    if (TimingOf(*entry.key, BootLoader::kSystemdSysctl, *facts.boot) !=
        BootTiming::kModuleTooLate) {
      continue;
    }
    report.AtKey(entry,
                 Format("{} comes with module {}, which loads after the keys are set", entry.text,
                        entry.tunable->module),
                 Format("name {} in a file of /etc/modules-load.d", entry.tunable->module));
  }
}

}  // namespace

std::vector<LintRuleRow> LintKeyRules() {
  using enum LintSeverity;
  return {
      {{"removed-key", kError, "remove it"}, RemovedKey},
      {{"dead-key", kWarning, "remove it"}, DeadKey},
      {{"read-only-key", kError, "remove it"}, ReadOnlyKey},
      {{"dotted-interface", kError, "write a slash for each dot of an interface's name"},
       DottedInterface},
      {{"misspelt-key", kError, "correct the name"}, MisspeltKey},
      {{"missing-key", kWarning, "remove it, or put '-' before it where it may be missing"},
       MissingKey},
      {{"late-module", kWarning, "name the module in a file of /etc/modules-load.d"}, LateModule},
  };
}

}  // namespace tunewire
