// Which tool a file was written for.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "tune/import_ini.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/import.h"

namespace tunewire {
namespace {

Error Refused(const SourceText& source, std::string code, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.subject = source.path;
  error.message = Format("{}: {}", Printable(source.path), message);
  return error;
}

/// Settings are text: a NUL byte, or many control bytes, mean something else.
bool LooksBinary(std::string_view text) {
  const auto odd = std::ranges::count_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && std::string_view("\t\n\r\v\f").find(c) == std::string_view::npos;
  });
  return text.find('\0') != std::string_view::npos || odd * 20 > std::ssize(text);
}

/// The text behind blank lines and comments of all kinds.
std::string_view FirstMatter(std::string_view text) {
  while (true) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    if (text[0] != '#' && text[0] != ';' && !text.starts_with("//")) return text;
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline);
  }
}

bool IsLimitLine(std::string_view line) {
  const auto words = SplitWords(line.substr(0, line.find('#')));
  return words.size() == 4 && (words[1] == "soft" || words[1] == "hard" || words[1] == "-") &&
         line.find('=') == std::string_view::npos;
}

/// saptune's own section names; TuneD shares none of them but [sysctl].
bool HasSaptuneSection(const IniFile& ini) {
  constexpr std::array<std::string_view, 8> kOwn = {"version",    "reminder", "rpm",       "limits",
                                                    "filesystem", "login",    "pagecache", "grub"};
  return std::ranges::any_of(ini.sections, [&](const IniSection& section) {
    const std::string name = Split(section.name, ':').front();
    return std::ranges::find(kOwn, name) != kOwn.end();
  });
}

SettingsFormat ByContent(std::string_view text) {
  const std::string_view matter = FirstMatter(text);
  if (matter.starts_with('{')) return SettingsFormat::kProfile;
  if (matter.starts_with('[') && matter.substr(0, matter.find('\n')).find(']') != matter.npos) {
    return HasSaptuneSection(ParseIni(text)) ? SettingsFormat::kSaptune : SettingsFormat::kTuned;
  }
  if (IsLimitLine(matter.substr(0, matter.find('\n')))) return SettingsFormat::kLimits;
  return SettingsFormat::kSysctl;
}

}  // namespace

std::string_view SettingsFormatName(SettingsFormat format) {
  switch (format) {
    case SettingsFormat::kSysctl:
      return "sysctl.conf";
    case SettingsFormat::kLimits:
      return "limits.conf";
    case SettingsFormat::kTuned:
      return "tuned.conf";
    case SettingsFormat::kSaptune:
      return "saptune note";
    case SettingsFormat::kProfile:
      return "tunewire profile";
  }
  return "";
}

Result<SettingsFormat> DetectSettingsFormat(const SourceText& source) {
  if (source.text.size() > kMaxSettingsBytes) {
    return Fail(Refused(source, "too_large",
                        Format("more than {} MiB of settings", kMaxSettingsBytes / 1024 / 1024)));
  }
  if (LooksBinary(source.text)) {
    return Fail(Refused(source, "binary_file", "this is no text file"));
  }
  const std::string& path = source.path;
  const auto folder = [&](std::string_view name) { return path.find(name) != std::string::npos; };
  if (path.ends_with(".json")) return SettingsFormat::kProfile;
  if (path.ends_with("limits.conf") || folder("/limits.d/")) return SettingsFormat::kLimits;
  if (path.ends_with("tuned.conf")) return SettingsFormat::kTuned;
  if (folder("/saptune/")) return SettingsFormat::kSaptune;
  if (path.ends_with("sysctl.conf") || folder("/sysctl.d/")) return SettingsFormat::kSysctl;
  return ByContent(source.text);
}

}  // namespace tunewire
