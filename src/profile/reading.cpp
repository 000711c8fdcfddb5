#include "profile/reading.h"

#include <algorithm>
#include <vector>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::string_view KindName(JsonNode::Kind kind) {
  switch (kind) {
    case JsonNode::Kind::kNull:
      return "null";
    case JsonNode::Kind::kBoolean:
      return "true or false";
    case JsonNode::Kind::kInteger:
      return "a number";
    case JsonNode::Kind::kString:
      return "a string";
    case JsonNode::Kind::kArray:
      return "a list";
    case JsonNode::Kind::kObject:
      return "an object";
  }
  return "something else";
}

bool Expect(const JsonNode& node, JsonNode::Kind kind, std::string_view what,
            std::string_view example, Reading& reading) {
  if (node.kind == kind) return true;
  reading.complaints.Add(SpanOf(node), "wrong_type",
                         Format("{} must be {}, not {}", what, KindName(kind), KindName(node.kind)),
                         example.empty() ? "" : Format("write it like {}", example));
  return false;
}

void CheckFieldNames(const JsonNode& object, std::span<const std::string_view> known,
                     std::string_view what, Reading& reading) {
  for (const JsonMember& member : object.members) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::vector<std::string> nearest = Nearest(member.name, names, 1);
    reading.complaints.Add(NameSpan(member), "unknown_field",
                           Format("{} has no field \"{}\"", what,
                                  Printable(std::string_view(member.name).substr(0, 60))),
                           nearest.empty() ? Format("fields: {}", Join(names, ", "))
                                           : Format("did you mean \"{}\"?", nearest.front()));
  }
}

bool CheckPrintable(const JsonNode& node, std::string_view what, Reading& reading) {
  if (Printable(node.text) == node.text) return true;
  reading.complaints.Add(SpanOf(node), "invalid_value", Format("{} holds a control byte", what),
                         "write it on one line, without tabs and escapes");
  return false;
}

std::string ReadProse(const JsonNode& object, std::string_view field, Reading& reading) {
  const JsonNode* node = object.Find(field);
  if (node == nullptr) return {};
  if (!Expect(*node, JsonNode::Kind::kString, Format("\"{}\"", field), "", reading)) return {};
  return CheckPrintable(*node, Format("\"{}\"", field), reading) ? node->text : std::string();
}

Origin OriginOf(const SourcePlace& place) { return {place.file, place.line, place.column}; }

}  // namespace tunewire
