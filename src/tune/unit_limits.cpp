#include "tune/unit_limits.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::array<std::string_view, 5> kFolders{
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system"};

std::optional<std::uint64_t> ReadAmount(std::string_view text) {
  if (text == "infinity") return kUnlimited;
  std::uint64_t factor = 1;
  constexpr std::string_view kSuffixes = "KMGTPE";
  if (!text.empty() && kSuffixes.find(text.back()) != std::string_view::npos) {
    factor <<= 10 * (kSuffixes.find(text.back()) + 1);
    text.remove_suffix(1);
  }
  const auto number = ParseDecimal(text);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > kUnlimited / factor)
    return std::nullopt;
  return static_cast<std::uint64_t>(*number) * factor;
}

UnitLimitLine ReadLine(std::string_view key, std::string_view value, int line) {
  UnitLimitLine read{.key = std::string(key), .line = line};
  const std::size_t colon = value.find(':');
  read.soft = ReadAmount(Trim(value.substr(0, colon)));
  read.hard =
      colon == std::string_view::npos ? read.soft : ReadAmount(Trim(value.substr(colon + 1)));
  return read;
}

bool HoldsLimits(std::string_view section) {
  return section == "[Service]" || section == "[Socket]" || section == "[Mount]" ||
         section == "[Swap]";
}

// A template's instance also reads the drop-ins of the template: "a@b.service" those of
// "a@.service".
std::vector<std::string> NamesOf(const std::string& unit) {
  const std::size_t at = unit.find('@');
  const std::size_t dot = unit.rfind('.');
  std::vector<std::string> names{unit};
  if (at != std::string::npos && dot != std::string::npos && at + 1 < dot)
    names.push_back(unit.substr(0, at + 1) + unit.substr(dot));
  return names;
}

}  // namespace

std::string UnitLimitKey(std::string_view item) {
  std::string key = "Limit";
  for (const char c : item) key += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return key;
}

std::string_view UnitSection(std::string_view unit) {
  if (unit.ends_with(".socket")) return "[Socket]";
  if (unit.ends_with(".mount")) return "[Mount]";
  if (unit.ends_with(".swap")) return "[Swap]";
  return "[Service]";
}

std::vector<UnitLimitLine> ParseUnitLimits(std::string_view text) {
  std::vector<UnitLimitLine> lines;
  bool in_section = false;
  bool continued = false;
  int number = 0;
  for (const std::string& raw : Split(text, '\n')) {
    ++number;
    const std::string_view line = Trim(raw);
    const bool is_continuation = continued;
    continued = line.ends_with('\\');
    if (is_continuation || line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      in_section = HoldsLimits(line);
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_section || equals == std::string_view::npos || !line.starts_with("Limit")) continue;
    lines.push_back(ReadLine(Trim(line.substr(0, equals)), Trim(line.substr(equals + 1)), number));
  }
  return lines;
}

UnitFiles FindUnitFiles(const Files& files, const std::string& root, const std::string& unit) {
  UnitFiles found;
  const auto names = NamesOf(unit);
  for (const std::string& name : names) {
    for (const std::string_view folder : kFolders) {
      const std::string path = Format("{}{}/{}", root, folder, name);
      if (found.known || !files.Read(path, 1 << 20)) continue;
      found.known = true;
      found.paths.push_back(path);
    }
  }
  std::map<std::string, std::string> drop_ins;
  for (const std::string& name : names) {
    for (const std::string_view folder : kFolders) {
      const std::string drop_in_folder = Format("{}{}/{}.d", root, folder, name);
      const auto listed = files.List(drop_in_folder);
      if (!listed) continue;
      for (const std::string& file : *listed)
        if (file.ends_with(".conf")) drop_ins.emplace(file, drop_in_folder + "/" + file);
    }
  }
  for (const auto& [file, path] : drop_ins) found.paths.push_back(path);
  return found;
}

}  // namespace tunewire
