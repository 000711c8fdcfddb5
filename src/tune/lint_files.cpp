// Rules about a file as a whole: lines that fight each other, and what a setting does to others.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/format.h"
#include "tune/lint_subject.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

void InvalidProfile(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const Error& error : subject.profile_errors) {
    const SourcePlace place = error.where.value_or(SourcePlace{});
    report.At(place.line, place.column, error.message, error.hint);
  }
}

void NotAnAssignment(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const SysctlLine& line : subject.other_lines) {
    report.At(line.line, line.key_column,
              Format("passed over: \"{}\" assigns nothing", Printable(line.text.substr(0, 60))),
              "");
  }
  for (const int line : subject.ini.odd_lines) {
    if (subject.format == SettingsFormat::kTuned) {
      report.At(line, 1, "neither a section nor an option", "");
    }
  }
}

void DuplicateKey(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::unordered_map<std::string_view, const LintEntry*> seen;
  for (const LintEntry& entry : subject.entries) {
    if (entry.exclusion) continue;
    const auto [at, added] = seen.try_emplace(entry.path, &entry);
    if (added) continue;
    const bool same = at->second->value == entry.value;
    report.AtKey(entry,
                 Format("{} is set in line {} already{}", Printable(entry.text), at->second->line,
                        same ? ", to the same value" : ""),
                 "");
    at->second = &entry;
  }
}

void GlobExclusion(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  for (const LintEntry& entry : subject.entries) {
    if (!entry.exclusion || !entry.is_glob()) continue;
    report.AtKey(entry,
                 Format("-{} excludes nothing: an exclusion holds for the one key it names",
                        Printable(entry.text)),
                 "");
  }
}

void LateExclusion(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::unordered_map<std::string_view, int> assigned;
  for (const LintEntry& entry : subject.entries) {
    if (!entry.exclusion) {
      assigned.insert_or_assign(entry.path, entry.line);
      continue;
    }
    const auto at = assigned.find(entry.path);
    if (at == assigned.end() || entry.is_glob()) continue;
    report.AtKey(entry,
                 Format("systemd-sysctl drops the value of line {} because of this line, "
                        "sysctl --system sets it",
                        at->second),
                 "");
  }
}

/// What procps would make of a key's path, in systemd's spelling; empty where it finds no key.
std::string ProcpsMeaning(const SysctlLine& line) {
  const std::string& path = line.path;
  if (path.ends_with('/') || path.ends_with("/.") || path.find(' ') != std::string::npos) return "";
  return SystemdKeyPath("/" + path);
}

void LoaderDependent(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  if (subject.format != SettingsFormat::kSysctl) return;
  std::map<int, SysctlLine> procps;
  for (SysctlLine& line : ParseSysctlLines(subject.source->text, BootLoader::kProcps)) {
    procps.insert_or_assign(line.line, std::move(line));
  }
  for (const LintEntry& entry : subject.entries) {
    const auto at = procps.find(entry.line);
    const bool same = at != procps.end() && at->second.kind != SysctlLine::Kind::kOther &&
                      ProcpsMeaning(at->second) == entry.path && at->second.value == entry.value;
    // Only systemd-sysctl expands braces, and only beside another glob character.
    const bool braces = entry.is_glob() && entry.path.find('{') != std::string::npos;
    if (same && !braces) continue;
    report.AtKey(entry, "systemd-sysctl and sysctl --system read this line differently", "");
  }
}

void CoupledOrder(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::vector<const LintEntry*> seen;
  std::set<std::string_view> paths;
  for (const LintEntry& entry : subject.entries) {
    if (!entry.assigns_one() || entry.tunable == nullptr || !entry.key) continue;
    // conf.default reaches interfaces that were never written; one that an earlier line wrote is
    // out of its reach.
    const bool of_interfaces = entry.tunable->key.find('*') != std::string_view::npos;
    for (std::size_t i = 0; i < entry.tunable->coupled.size() && !of_interfaces; ++i) {
      const std::string_view text = entry.tunable->coupled[i];
      const auto pattern = KeyPattern::Parse(text);
      for (const LintEntry* before : seen) {
        if (!pattern || before->path == entry.path || !pattern->Matches(*before->key)) continue;
        report.AtKey(entry,
                     Format("setting {} makes the kernel change {}, which line {} sets", entry.text,
                            before->text, before->line),
                     "");
      }
    }
    if (paths.insert(entry.path).second) seen.push_back(&entry);
  }
}

struct PortRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// "8080,9000-9002"; parts that are none are left out.
std::vector<PortRange> ReservedPorts(std::string_view text) {
  std::vector<PortRange> ranges;
  for (const std::string& part : Split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = ParseDecimal(Trim(part.substr(0, dash)));
    const auto last = dash == std::string::npos ? first : ParseDecimal(Trim(part.substr(dash + 1)));
    if (first && last) ranges.push_back({*first, *last});
  }
  return ranges;
}

void PortRangeSwallows(const LintSubject& subject, const LintFacts& facts,
                       const LintReport& report) {
  const LintEntry* entry = subject.Last("net/ipv4/ip_local_port_range");
  if (entry == nullptr) return;
  const auto low = entry->Number(0), high = entry->Number(1);
  if (!low || !high) return;
  const LintEntry* reserved = subject.Last("net/ipv4/ip_local_reserved_ports");
  const auto spared =
      ReservedPorts(reserved != nullptr ? std::string_view(reserved->value) : facts.reserved_ports);
  std::set<std::int64_t> swallowed;
  for (const std::uint16_t port : facts.listening) {
    const auto holds = [&](const PortRange& range) {
      return range.first <= port && port <= range.last;
    };
    if (port < *low || port > *high || std::ranges::any_of(spared, holds)) continue;
    swallowed.insert(port);
  }
  if (swallowed.empty()) return;
  std::vector<std::string> shown;
  for (const std::int64_t port : swallowed) shown.push_back(Format("{}", port));
  const std::string reserve = Join(shown, ",");
  if (shown.size() > 8) shown.resize(8);
  const std::string_view more = swallowed.size() > 8 ? " ..." : "";
  report.AtValue(
      *entry, Format("listeners' ports lie within the range: {}{}", Join(shown, " "), more),
      reserve.size() > 60 ? "" : Format("set net.ipv4.ip_local_reserved_ports = {}", reserve));
}

void BufferCapAlone(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"net/core/rmem_max", "net/ipv4/tcp_rmem"}, {"net/core/wmem_max", "net/ipv4/tcp_wmem"}};
  for (const auto& [cap, vector] : kPairs) {
    const LintEntry* entry = subject.Last(cap);
    if (entry == nullptr || subject.Last(vector) != nullptr) continue;
    const auto tcp = SystemdKeyPath(vector).substr(9);
    report.AtKey(*entry,
                 Format("{} caps setsockopt only: TCP's own growth ends at the third field "
                        "of {}",
                        entry->text, tcp),
                 Format("for TCP set net.ipv4.{}", tcp));
  }
}

void ConntrackBuckets(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  const LintEntry* most = subject.Last("net/netfilter/nf_conntrack_max");
  if (most == nullptr) most = subject.Last("net/nf_conntrack_max");
  const LintEntry* buckets = subject.Last("net/netfilter/nf_conntrack_buckets");
  const auto entries = most == nullptr ? std::nullopt : most->Number(0);
  if (!entries) return;
  const auto count = buckets == nullptr ? std::nullopt : buckets->Number(0);
  if (count && *count > 0 && *entries <= 8 * *count) return;
  if (!count && *entries <= 262144) return;
  report.AtValue(*most,
                 count ? Format("{} entries in {} buckets: {} a bucket to search", *entries, *count,
                                *entries / std::max<std::int64_t>(*count, 1))
                       : Format("{} entries, and nothing sizes the table's buckets", *entries),
                 "");
}

void DefaultOnly(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::set<std::string> others;
  for (const LintEntry& entry : subject.entries) {
    const auto parts = Split(entry.path, '/');
    if (parts.size() == 5 && parts[3] != "default") others.insert(parts[1] + parts[2] + parts[4]);
  }
  for (const LintEntry& entry : subject.entries) {
    const auto parts = Split(entry.path, '/');
    if (entry.exclusion || parts.size() != 5 || parts[2] != "conf" || parts[3] != "default")
      continue;
    if (others.contains(parts[1] + parts[2] + parts[4])) continue;
    report.AtKey(entry,
                 Format("{} reaches interfaces that appear later; those there are keep "
                        "theirs",
                        entry.text),
                 "");
  }
}

void SelfInclude(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  if (subject.profile) {
    for (std::size_t i = 0; i < subject.profile->include.size(); ++i) {
      if (subject.profile->include[i] != subject.profile->name) continue;
      report.At(1, 1, Format("{} includes itself", subject.profile->name), "");
    }
  }
  const auto parts = Split(subject.source->path, '/');
  if (subject.format != SettingsFormat::kTuned || parts.size() < 2) return;
  for (const IniSection& section : subject.ini.sections) {
    for (const IniOption& option : section.options) {
      if (section.name != "main" || option.name != "include") continue;
      if (option.value != parts[parts.size() - 2]) continue;
      report.At(option.line, option.value_column, Format("{} includes itself", option.value), "");
    }
  }
}

void UndefinedVariable(const LintSubject& subject, const LintFacts&, const LintReport& report) {
  std::set<std::string> defined;
  for (const IniSection& section : subject.ini.sections) {
    for (const IniOption& option : section.options) {
      // An included profile or file may define any variable.
      if (option.name == "include") return;
      if (section.name == "variables") defined.insert(option.name);
    }
  }
  for (const LintEntry& entry : subject.entries) {
    const auto open = entry.value.find("${");
    const auto close = open == std::string::npos ? open : entry.value.find('}', open);
    if (close == std::string::npos || entry.value[open + 2] == 'f') continue;
    const std::string name = entry.value.substr(open + 2, close - open - 2);
    if (defined.contains(name)) continue;
    report.AtValue(entry, Format("variable {} is not defined in this file", Printable(name)), "");
  }
}

}  // namespace

std::vector<LintRuleRow> LintFileRules() {
  using enum LintSeverity;
  return {
      {{"invalid-profile", kError, "correct the profile"}, InvalidProfile},
      {{"not-an-assignment", kError, "write KEY = VALUE, or begin the line with '#'"},
       NotAnAssignment},
      {{"duplicate-key", kWarning, "keep one of the two lines"}, DuplicateKey},
      {{"glob-exclusion", kError, "exclude each key by its full name"}, GlobExclusion},
      {{"late-exclusion", kWarning, "remove the assignment or the exclusion"}, LateExclusion},
      {{"loader-dependent", kWarning, "write the plain form: KEY = VALUE, without odd separators"},
       LoaderDependent},
      {{"coupled-order", kWarning, "set the key that changes the others first"}, CoupledOrder},
      {{"port-range-swallows", kWarning,
        "reserve the ports of services in net.ipv4.ip_local_reserved_ports"},
       PortRangeSwallows},
      {{"buffer-cap-alone", kNote, "for TCP set the third field of tcp_rmem or tcp_wmem"},
       BufferCapAlone},
      {{"conntrack-buckets", kNote,
        "set net.netfilter.nf_conntrack_buckets to a quarter of nf_conntrack_max or more"},
       ConntrackBuckets},
      {{"default-only", kNote, "set conf.all, or the interfaces by name or glob, too"},
       DefaultOnly},
      {{"self-include", kError, "remove the include"}, SelfInclude},
      {{"undefined-variable", kError, "define it under [variables]"}, UndefinedVariable},
  };
}

}  // namespace tunewire
