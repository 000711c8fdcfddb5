#include "report/envelope.h"

#include <nlohmann/json.hpp>

#include "report/error_text.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  // Bytes that are no UTF-8 (a file name, a value from the kernel) must not end the report.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

void AddText(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Json ErrorJson(const Error& error) {
  Json json = Json::object();
  json["code"] = error.code.empty() ? "failed" : error.code;
  json["message"] = error.message;
  if (error.where) json["where"] = WhereText(error);
  AddText(json, "subject", error.subject);
  AddText(json, "operation", error.operation);
  if (error.os_error != 0) json["errno"] = error.os_error;
  AddText(json, "hint", error.hint);
  return json;
}

/// A document put two blanks deeper. Safe on any JSON text: within a string a newline is escaped.
std::string Deeper(std::string_view document) {
  std::string deeper;
  for (const char c : document) {
    deeper += c;
    if (c == '\n') deeper += "  ";
  }
  return deeper;
}

Json HostJson(const EnvelopeHead& head) {
  Json host = Json::object();
  AddText(host, "kernel", head.kernel);
  AddText(host, "boot_id", head.boot_id);
  if (head.netns != 0) host["netns"] = head.netns;
  return host;
}

}  // namespace

std::string EnvelopeJson(const EnvelopeHead& head, std::string_view result,
                         std::span<const Error> errors) {
  Json list = Json::array();
  for (const Error& error : errors) list.push_back(ErrorJson(error));
  const Json schema = "tunewire." + head.command + "/1";
  const Json tool = {{"name", "tunewire"}, {"version", head.version}};
  std::string text = "{\n  \"schema\": " + Dump(schema);
  text += ",\n  \"tool\": " + Deeper(Dump(tool));
  text += ",\n  \"host\": " + Deeper(Dump(HostJson(head)));
  text += ",\n  \"result\": " + Deeper(result);
  text += ",\n  \"errors\": " + Deeper(Dump(list));
  return text + "\n}\n";
}

}  // namespace tunewire
