// What is said of settings written for other tools: lint and import.
#pragma once

#include <string>
#include <vector>

#include "report/style.h"
#include "report/target.h"
#include "tunewire/tune/import.h"
#include "tunewire/tune/lint.h"

namespace tunewire {

struct LintView {
  std::vector<std::string> files;  ///< those that could be read
  std::vector<LintFinding> findings;
  int rules = 0;  ///< how many were tried
};
std::string LintText(const LintView& view, const Style& style);
std::string LintJson(const LintView& view);

struct ImportView {
  Imported imported;
  std::string written;  ///< the file it was written to, empty for standard output
};
/// What stands beside the profile: the verdict where it went to a file, and what was not carried.
std::string ImportText(const ImportView& view, const Target& target, const Style& style);
std::string NotCarriedText(const std::vector<NotCarried>& not_carried, const Style& style);
std::string ImportJson(const ImportView& view);

}  // namespace tunewire
