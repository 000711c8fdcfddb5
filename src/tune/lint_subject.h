// A file of any format as the rules see it, and the rules' common shape.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tune/boot_keys.h"
#include "tune/import_entries.h"
#include "tune/import_ini.h"
#include "tune/sysctl_conf.h"
#include "tune/sysctl_conf_value.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/tune/lint.h"

namespace tunewire {

/// One assignment or exclusion.
struct LintEntry {
  std::string text;  ///< the key as written
  std::string path;  ///< below /proc/sys, may hold globs
  std::optional<SysctlKey> key;
  const Tunable* tunable = nullptr;
  std::string value;      ///< as the tool would write it
  KernelReading reading;  ///< empty where value_known is false
  bool value_known =
      true;           ///< false for exclusions, bounds, shares of memory, unexpanded variables
  bool whole = true;  ///< the tool wants every field of a vector
  bool exclusion = false;
  bool ignore_failure = false;
  int line = 0;
  int key_column = 0;
  int value_column = 0;

  [[nodiscard]] bool is_glob() const { return path.find_first_of("*?[") != std::string::npos; }
  [[nodiscard]] bool assigns_one() const { return !exclusion && !is_glob(); }
  /// Field `index` as a number, where it is one.
  [[nodiscard]] std::optional<std::int64_t> Number(std::size_t index) const;
};

struct LintSubject {
  SettingsFormat format = SettingsFormat::kSysctl;
  const SourceText* source = nullptr;
  std::vector<LintEntry> entries;
  std::vector<SysctlLine> other_lines;  ///< sysctl.conf: neither assignment nor exclusion
  LimitLines limits;
  IniFile ini;  ///< TuneD
  std::optional<Profile> profile;
  std::vector<Error> profile_errors;

  /// The last assignment of this very key; nullptr without one.
  [[nodiscard]] const LintEntry* Last(std::string_view path) const;
};

LintSubject ReadLintSubject(const SourceText& source, SettingsFormat format);

/// Where a rule says what it found.
class LintReport {
 public:
  LintReport(const LintRule& rule, const std::string& file, std::vector<LintFinding>& findings)
      : rule_(rule), file_(file), findings_(findings) {}

  /// `advice` empty: the rule's own.
  void At(int line, int column, std::string message, std::string advice) const {
    findings_.push_back({std::string(rule_.id), rule_.severity, file_, line, column,
                         std::move(message), advice.empty() ? std::string(rule_.advice) : advice});
  }
  void AtKey(const LintEntry& entry, std::string message, std::string advice) const {
    At(entry.line, entry.key_column, std::move(message), std::move(advice));
  }
  void AtValue(const LintEntry& entry, std::string message, std::string advice) const {
    const int column = entry.value_column == 0 ? entry.key_column : entry.value_column;
    At(entry.line, column, std::move(message), std::move(advice));
  }

 private:
  const LintRule& rule_;
  const std::string& file_;
  std::vector<LintFinding>& findings_;
};

using LintCheck = void (*)(const LintSubject&, const LintFacts&, const LintReport&);

struct LintRuleRow {
  LintRule rule;
  LintCheck check;
};

// One table a theme, in lint_*.cpp.
std::vector<LintRuleRow> LintKeyRules();
std::vector<LintRuleRow> LintValueRules();
std::vector<LintRuleRow> LintFileRules();
std::vector<LintRuleRow> LintFolkloreRules();
std::vector<LintRuleRow> LintLimitRules();

}  // namespace tunewire
