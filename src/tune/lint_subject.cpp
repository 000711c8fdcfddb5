#include "tune/lint_subject.h"

#include <algorithm>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

int ColumnOf(std::string_view line, std::string_view part) {
  return static_cast<int>(part.data() - line.data()) + 1;
}

void Complete(LintEntry& entry) {
  if (auto key = SysctlKey::Parse(entry.path)) {
    entry.tunable = FindTunable(*key);
    entry.key = *std::move(key);
  }
  if (entry.exclusion || entry.value.find("${") != std::string::npos) entry.value_known = false;
  if (entry.value_known) entry.reading = ReadAsKernel(entry.tunable, entry.value);
}

void ReadSysctl(LintSubject& subject) {
  for (SysctlLine& line : ParseSysctlLines(subject.source->text, BootLoader::kSystemdSysctl)) {
    if (line.kind == SysctlLine::Kind::kOther) {
      subject.other_lines.push_back(std::move(line));
      continue;
    }
    LintEntry entry;
    entry.text = std::string(line.key);
    entry.path = std::move(line.path);
    entry.value = std::string(line.value);
    entry.exclusion = line.kind == SysctlLine::Kind::kExclusion;
    entry.ignore_failure = line.ignore_failure;
    entry.whole = false;
    entry.line = line.line;
    entry.key_column = line.key_column;
    entry.value_column = line.value_column;
    Complete(entry);
    subject.entries.push_back(std::move(entry));
  }
}

std::string_view Unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

/// Behind a blank, a '#' begins a comment in TuneD's and saptune's files.
std::string_view WithoutIniComment(std::string_view line) {
  for (auto hash = line.find('#'); hash != std::string_view::npos;
       hash = line.find('#', hash + 1)) {
    if (hash == 0 || line[hash - 1] == ' ' || line[hash - 1] == '\t') return line.substr(0, hash);
  }
  return line;
}

/// "key = value" of a sysctl section; TuneD's ">N" and saptune's "key > N" alike.
void ReadSectionLine(LintSubject& subject, std::string_view whole, int number) {
  const std::string_view line = WithoutIniComment(whole);
  const auto op = line.find_first_of("<=>");
  if (op == std::string_view::npos) return;
  const auto after = std::min(line.find_first_not_of("<=> \t", op), line.size());
  const std::string_view key = Trim(line.substr(0, op));
  const std::string_view value = Unquoted(Trim(line.substr(after)));
  if (key.empty() || value.empty()) return;
  LintEntry entry;
  entry.text = std::string(key);
  entry.path = SystemdKeyPath(key);
  entry.value = std::string(value);
  entry.whole = line.substr(op, after - op).find_first_of("<>") == std::string_view::npos;
  entry.ignore_failure = true;
  entry.line = number;
  entry.key_column = ColumnOf(whole, key);
  entry.value_column = ColumnOf(whole, value);
  Complete(entry);
  subject.entries.push_back(std::move(entry));
}

bool IsSysctlSection(const LintSubject& subject, std::string_view name) {
  if (name == "sysctl" || name.starts_with("sysctl:")) return true;
  return std::ranges::any_of(subject.ini.sections, [&](const IniSection& section) {
    const auto type = std::ranges::find(section.options, "type", &IniOption::name);
    return section.name == name && type != section.options.end() && type->value == "sysctl";
  });
}

bool IsSteering(std::string_view text) {
  for (const std::string_view name : {"type", "enabled", "replace", "uname_regex", "cpuinfo_regex",
                                      "devices", "priority", "drop"}) {
    if (text.starts_with(name) && Trim(text.substr(name.size())).starts_with('=')) return true;
  }
  return false;
}

void ReadSections(LintSubject& subject) {
  subject.ini = ParseIni(subject.source->text);
  bool inside = false;
  int number = 0;
  for (const std::string& whole : Split(subject.source->text, '\n')) {
    ++number;
    const std::string_view line = Trim(whole);
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      inside = IsSysctlSection(subject, line.substr(1, line.rfind(']') - 1));
    } else if (inside && !IsSteering(line)) {
      ReadSectionLine(subject, whole, number);
    }
  }
}

void ReadSaptuneLimits(LintSubject& subject) {
  ImportBasket basket;
  AddSaptuneSource(*subject.source, basket);
  subject.limits.lines = std::move(basket.limits);
  for (LimitLine& line : subject.limits.lines) {
    // Several stand in one line of a note; their columns are those of the part.
    line.domain_column = line.type_column = line.item_column = line.value_column = 0;
  }
}

/// The amounts of a requirement as one text; nothing where there is none to judge.
std::optional<std::string> PlainValue(const Requirement& want) {
  std::vector<std::string> words;
  for (const FieldRequirement& field : want.fields) {
    if (field.kind != FieldRequirement::Kind::kExact || field.text.empty()) return std::nullopt;
    words.push_back(field.text);
  }
  return Join(words, " ");
}

void ReadProfile(LintSubject& subject) {
  auto profile = ParseProfile(*subject.source);
  if (!profile) {
    subject.profile_errors = std::move(profile.error());
    return;
  }
  for (const Setting& setting : profile->settings) {
    LintEntry entry;
    entry.text = setting.key.name();
    entry.path = SystemdKeyPath(entry.text);
    const auto value = PlainValue(setting.want);
    entry.value = value.value_or("");
    entry.value_known = value.has_value();
    entry.ignore_failure = setting.optional;
    entry.line = setting.origin.line;
    entry.key_column = entry.value_column = setting.origin.column;
    Complete(entry);
    subject.entries.push_back(std::move(entry));
  }
  subject.profile = *std::move(profile);
}

}  // namespace

std::optional<std::int64_t> LintEntry::Number(std::size_t index) const {
  if (!value_known || index >= reading.fields.size()) return std::nullopt;
  return ParseDecimal(reading.fields[index]);
}

const LintEntry* LintSubject::Last(std::string_view path) const {
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const LintEntry& entry) {
    return !entry.exclusion && entry.path == path;
  });
  return found == entries.rend() ? nullptr : &*found;
}

LintSubject ReadLintSubject(const SourceText& source, SettingsFormat format) {
  LintSubject subject;
  subject.format = format;
  subject.source = &source;
  switch (format) {
    case SettingsFormat::kSysctl:
      ReadSysctl(subject);
      break;
    case SettingsFormat::kLimits:
      subject.limits = ParseLimitLines(source.path, source.text);
      break;
    case SettingsFormat::kSaptune:
      ReadSaptuneLimits(subject);
      ReadSections(subject);
      break;
    case SettingsFormat::kTuned:
      ReadSections(subject);
      break;
    case SettingsFormat::kProfile:
      ReadProfile(subject);
      break;
  }
  return subject;
}

}  // namespace tunewire
