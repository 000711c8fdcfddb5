#include "tune/import_json.h"

#include <algorithm>

#include "base/format.h"

namespace tunewire {
namespace {

std::string SettingLine(const JsonSetting& setting) {
  const std::string wanted =
      setting.bound.empty() ? Format("\"value\": {}", setting.value) : setting.bound;
  return Format("    {}: {{{}{}, \"source\": {}}}", JsonString(setting.key), wanted,
                setting.optional ? ", \"optional\": true" : "", JsonString(setting.source));
}

std::string LimitBlock(const std::string& item, const std::vector<JsonLimit>& limits) {
  std::string lines;
  for (const JsonLimit& limit : limits) {
    if (limit.item != item) continue;
    lines += Format("{}        {}: {{\"soft\": {}, \"hard\": {}, \"source\": {}}}",
                    lines.empty() ? "" : ",\n", JsonString(limit.subject), limit.soft, limit.hard,
                    JsonString(limit.source));
  }
  return Format("    {}: {{\n      \"logins\": {{\n{}\n      }}\n    }}", JsonString(item), lines);
}

std::string Section(std::string_view name, const std::vector<std::string>& members) {
  std::string text = Format(",\n  {}: {{", JsonString(name));
  for (const std::string& member : members) {
    text += (&member == members.data() ? "\n" : ",\n") + member;
  }
  return text + "\n  }";
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += Format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string ProfileJson(std::string_view name, std::string_view summary,
                        const std::vector<JsonSetting>& settings,
                        const std::vector<JsonLimit>& limits) {
  std::string text = Format("{{\n  \"format\": 1,\n  \"name\": {},\n  \"summary\": {}",
                            JsonString(name), JsonString(summary));
  std::vector<std::string> lines;
  for (const JsonSetting& setting : settings) lines.push_back(SettingLine(setting));
  if (!lines.empty()) text += Section("sysctl", lines);
  std::vector<std::string> items;
  for (const JsonLimit& limit : limits) {
    if (std::ranges::find(items, limit.item) == items.end()) items.push_back(limit.item);
  }
  std::vector<std::string> blocks;
  for (const std::string& item : items) blocks.push_back(LimitBlock(item, limits));
  if (!blocks.empty()) text += Section("limits", blocks);
  return text + "\n}\n";
}

}  // namespace tunewire
