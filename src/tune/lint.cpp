#include "tunewire/tune/lint.h"

#include <algorithm>
#include <tuple>

#include "tune/lint_subject.h"

namespace tunewire {
namespace {

std::vector<LintRuleRow> AllRows() {
  std::vector<LintRuleRow> rows;
  for (const auto& part :
       {LintFileRules(), LintKeyRules(), LintValueRules(), LintFolkloreRules(), LintLimitRules()}) {
    std::ranges::copy(part, std::back_inserter(rows));
  }
  return rows;
}

}  // namespace

std::string_view LintSeverityName(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kError:
      return "error";
    case LintSeverity::kWarning:
      return "warning";
    case LintSeverity::kNote:
      return "note";
  }
  return "";
}

std::vector<LintRule> LintRules() {
  std::vector<LintRule> rules;
  for (const LintRuleRow& row : AllRows()) rules.push_back(row.rule);
  return rules;
}

Result<std::vector<LintFinding>> LintSettings(const SourceText& source, const LintFacts& facts) {
  const auto format = DetectSettingsFormat(source);
  if (!format) return Fail(format.error());
  const LintSubject subject = ReadLintSubject(source, *format);
  std::vector<LintFinding> findings;
  for (const LintRuleRow& row : AllRows()) {
    row.check(subject, facts, LintReport(row.rule, source.path, findings));
  }
  std::ranges::stable_sort(findings, {}, [](const LintFinding& finding) {
    return std::tuple(finding.line, finding.column);
  });
  return findings;
}

}  // namespace tunewire
