// The `result` objects of show, explain and profiles.
#include <nlohmann/json.hpp>

#include "report/show_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void AddText(Json& object, const char* name, std::string_view text) {
  if (!text.empty()) object[name] = text;
}

std::string_view FieldTypeSlug(FieldType type) {
  switch (type) {
    case FieldType::kInteger:
      return "integer";
    case FieldType::kText:
      return "text";
    case FieldType::kWords:
      return "words";
    case FieldType::kPortList:
      return "port_list";
    case FieldType::kCpuMask:
      return "cpu_mask";
  }
  return "text";
}

std::string_view BeyondSlug(Beyond beyond) {
  switch (beyond) {
    case Beyond::kRefused:
      return "refused";
    case Beyond::kAccepted:
      return "accepted";
    case Beyond::kAltered:
      return "altered";
  }
  return "refused";
}

std::string_view AccessSlug(Access access) {
  switch (access) {
    case Access::kReadWrite:
      return "read_write";
    case Access::kReadOnly:
      return "read_only";
    case Access::kWriteOnly:
      return "write_only";
  }
  return "read_write";
}

std::string_view StandingSlug(Standing standing) {
  switch (standing) {
    case Standing::kLive:
      return "live";
    case Standing::kNoEffect:
      return "no_effect";
    case Standing::kRemoved:
      return "removed";
  }
  return "live";
}

std::string_view RoundingSlug(Rounding rounding) {
  switch (rounding) {
    case Rounding::kNone:
      return "";
    case Rounding::kPowerOfTwo:
      return "power_of_two";
    case Rounding::kJiffies:
      return "jiffies";
    case Rounding::kPages:
      return "pages";
  }
  return "";
}

Json SettingJson(const ShownSetting& setting) {
  Json json = {{"key", setting.key}};
  if (setting.value) json["value"] = *setting.value;
  AddText(json, "absence", setting.absence);
  AddText(json, "hint", setting.hint);
  if (setting.want) json["want"] = *setting.want;
  AddText(json, "why", setting.why);
  if (setting.origin && !setting.origin->file.empty())
    json["origin"] = {{"file", setting.origin->file}, {"line", setting.origin->line}};
  if (setting.tunable == nullptr) return json;
  const Tunable& tunable = *setting.tunable;
  json["unit"] = UnitName(tunable.unit);
  json["scope"] = ScopeSlug(tunable.scope);
  json["takes_effect"] = TakesEffectSlug(tunable.takes_effect);
  json["summary"] = tunable.summary;
  json["source"] = tunable.source;
  return json;
}

Json FieldJson(const Field& field) {
  Json json = Json::object();
  AddText(json, "name", field.name);
  json["type"] = FieldTypeSlug(field.type);
  if (field.type != FieldType::kInteger) return json;
  json["min"] = field.min;
  json["max"] = field.max;
  json["below"] = BeyondSlug(field.below);
  json["above"] = BeyondSlug(field.above);
  return json;
}

void AddRow(Json& json, const Tunable& tunable) {
  json["access"] = AccessSlug(tunable.access);
  json["standing"] = StandingSlug(tunable.standing);
  json["fields"] = Json::array();
  for (const Field& field : tunable.fields) json["fields"].push_back(FieldJson(field));
  AddText(json, "rounding", RoundingSlug(tunable.rounding));
  json["ascending"] = tunable.ascending;
  json["coupled"] = Json::array();
  for (const std::string_view key : tunable.coupled) json["coupled"].push_back(key);
  AddText(json, "module", tunable.module);
  AddText(json, "since", tunable.since);
  AddText(json, "until", tunable.until);
  AddText(json, "instead", tunable.instead);
}

}  // namespace

std::string ShowJson(const ShowView& view) {
  Json json = {{"settings", Json::array()}};
  for (const ShownGroup& group : view.groups) {
    for (const ShownSetting& setting : group.settings)
      json["settings"].push_back(SettingJson(setting));
  }
  return Dump(json);
}

std::string ExplainJson(const ExplainView& view) {
  Json json = {{"settings", Json::array()}};
  if (view.setting) {
    Json setting = SettingJson(*view.setting);
    if (view.setting->tunable != nullptr) AddRow(setting, *view.setting->tunable);
    json["settings"].push_back(std::move(setting));
  }
  return Dump(json);
}

std::string ProfilesJson(const ProfilesView& view) {
  Json json = {{"profiles", Json::array()}, {"searched", view.searched}};
  for (const ProfileRow& row : view.rows) {
    Json one = {{"name", row.name}, {"file", row.file}};
    AddText(one, "summary", row.summary);
    one["masked"] = row.masked;
    AddText(one, "problem", row.problem);
    json["profiles"].push_back(std::move(one));
  }
  return Dump(json);
}

}  // namespace tunewire
