#include "tune/import_tuned_expand.h"

#include <regex.h>

#include <algorithm>
#include <optional>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

TunedExpansion Text(std::string text) { return {std::move(text), {}}; }
TunedExpansion Problem(std::string problem) { return {{}, std::move(problem)}; }

bool IsNameByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Nothing where the pattern is none.
std::optional<bool> Found(const std::string& pattern, const std::string& text) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0) {
    return std::nullopt;
  }
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

/// At every ':' without a backslash before it; "\:" becomes ":".
std::vector<std::string> SplitArguments(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') {
      parts.back() += text[++i];
    } else if (text[i] == ':') {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

TunedExpansion Scaled(const std::string& function, const std::vector<std::string>& arguments) {
  const auto number = arguments.size() == 1 ? ParseDecimal(arguments[0]) : std::nullopt;
  if (!number || *number < 0 || *number > INT64_MAX / 2) {
    return Problem(Format("{} takes one number", function));
  }
  return Text(Format("{}", function == "kb2s" ? *number * 2 : *number / 2));
}

TunedExpansion SearchTernary(const std::vector<std::string>& arguments) {
  if (arguments.size() != 4) return Problem("regex_search_ternary takes four arguments");
  const auto found = Found(arguments[1], arguments[0]);
  if (!found) return Problem(Format("\"{}\" is no regular expression here", arguments[1]));
  return Text(arguments[*found ? 2 : 3]);
}

TunedExpansion Assertion(const std::vector<std::string>& arguments, bool want_equal) {
  if (arguments.size() != 3) return Problem("an assertion takes three arguments");
  if ((arguments[1] == arguments[2]) == want_equal) return Text("");
  return Problem(
      Format("assertion \"{}\" fails: TuneD would refuse the profile", Printable(arguments[0])));
}

}  // namespace

void TunedExpander::Define(const std::string& name, std::string_view value) {
  variables_.insert_or_assign(name, Expand(value));
}

TunedExpansion TunedExpander::ExpandVariables(std::string_view text) const {
  TunedExpansion result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text.substr(i).starts_with("\\${");
    const std::size_t open = escaped ? i + 1 : i;
    auto close = open + 2;
    while (close < text.size() && IsNameByte(text[close])) ++close;
    const bool reference = text.substr(open).starts_with("${") && close < text.size() &&
                           text[close] == '}' && close > open + 2;
    if (!reference) {
      result.text += text[i];
      continue;
    }
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const auto found = variables_.find(name);
    if (escaped) {
      result.text += text.substr(open, close - open + 1);
    } else if (found == variables_.end()) {
      if (result.problem.empty()) result.problem = Format("variable {} is not defined", name);
    } else {
      result.text += found->second.text;
      if (result.problem.empty()) result.problem = found->second.problem;
    }
    i = close;
  }
  return result;
}

TunedExpansion TunedExpander::Expand(std::string_view text) const {
  TunedExpansion result = ExpandVariables(text);
  for (std::size_t from = 0; result.problem.empty();) {
    const auto close = result.text.find('}', from);
    if (close == std::string::npos) break;
    const auto open = result.text.rfind("${f:", close);
    if (open == std::string::npos || (open > 0 && result.text[open - 1] == '\\')) {
      from = close + 1;
      continue;
    }
    const auto parts =
        SplitArguments(std::string_view(result.text).substr(open + 4, close - open - 4));
    TunedExpansion called = Call(parts[0], {parts.begin() + 1, parts.end()});
    result.problem = std::move(called.problem);
    result.text.replace(open, close - open + 1, called.text);
    from = 0;
  }
  return result;
}

TunedExpansion TunedExpander::Call(const std::string& function,
                                   const std::vector<std::string>& arguments) const {
  if (function == "strip") return Text(std::string(Trim(Join(arguments, ""))));
  if (function == "kb2s" || function == "s2kb") return Scaled(function, arguments);
  if (function == "regex_search_ternary") return SearchTernary(arguments);
  if (function == "assertion") return Assertion(arguments, true);
  if (function == "assertion_non_equal") return Assertion(arguments, false);
  if (function == "virt_check") return CheckVirtual(arguments);
  if (function == "cpuinfo_check") return CheckCpu(arguments);
  if (function == "exec") return Problem("f:exec runs a program; an import runs none");
  return Problem(Format("f:{} asks the machine or is not known", Printable(function)));
}

TunedExpansion TunedExpander::CheckVirtual(const std::vector<std::string>& arguments) const {
  if (arguments.size() != 2) return Problem("virt_check takes two arguments");
  if (cpuinfo_.empty()) return Problem("f:virt_check asks the machine, and it is not at hand");
  return Text(arguments[cpuinfo_.find(" hypervisor") != std::string::npos ? 0 : 1]);
}

TunedExpansion TunedExpander::CheckCpu(const std::vector<std::string>& arguments) const {
  if (cpuinfo_.empty()) return Problem("f:cpuinfo_check asks the machine, and it is not at hand");
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const auto found = Found(arguments[i], cpuinfo_);
    if (!found) return Problem(Format("\"{}\" is no regular expression here", arguments[i]));
    if (*found) return Text(arguments[i + 1]);
  }
  return Text(arguments.size() % 2 == 1 ? arguments.back() : std::string());
}

}  // namespace tunewire
