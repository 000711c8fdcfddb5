// The `result` objects of lint and import.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/settings_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json FindingJson(const LintFinding& finding) {
  Json json = {{"rule", finding.rule},
               {"severity", LintSeverityName(finding.severity)},
               {"file", finding.file}};
  if (finding.line > 0) json["line"] = finding.line;
  if (finding.column > 0) json["column"] = finding.column;
  json["message"] = finding.message;
  json["advice"] = finding.advice;
  return json;
}

Json NotCarriedJson(const NotCarried& one) {
  return {{"file", one.at.file}, {"line", one.at.line}, {"what", one.what}, {"why", one.why}};
}

}  // namespace

std::string LintJson(const LintView& view) {
  const auto count = [&](LintSeverity severity) {
    return std::ranges::count(view.findings, severity, &LintFinding::severity);
  };
  Json json = {{"files", view.files},
               {"findings", Json::array()},
               {"summary",
                {{"errors", count(LintSeverity::kError)},
                 {"warnings", count(LintSeverity::kWarning)},
                 {"notes", count(LintSeverity::kNote)}}}};
  for (const LintFinding& finding : view.findings) json["findings"].push_back(FindingJson(finding));
  return Dump(json);
}

std::string ImportJson(const ImportView& view) {
  const Imported& imported = view.imported;
  Json json = Json::object();
  if (!imported.name.empty()) json["name"] = imported.name;
  if (!imported.profile_text.empty()) json["profile"] = imported.profile_text;
  if (!view.written.empty()) json["written"] = view.written;
  json["files"] = imported.files;
  json["settings"] = imported.settings;
  json["limits"] = imported.limits;
  json["not_carried"] = Json::array();
  for (const NotCarried& one : imported.not_carried) {
    json["not_carried"].push_back(NotCarriedJson(one));
  }
  return Dump(json);
}

}  // namespace tunewire
