#include "tune/requirement_text.h"

#include <vector>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::string RequirementText(const Requirement& requirement) {
  std::vector<std::string> fields;
  for (const FieldRequirement& field : requirement.fields) {
    switch (field.kind) {
      case FieldRequirement::Kind::kExact:
        fields.push_back(field.text);
        break;
      case FieldRequirement::Kind::kAtLeast:
        fields.push_back(Format(">= {}", field.text));
        break;
      case FieldRequirement::Kind::kAtMost:
        fields.push_back(Format("<= {}", field.text));
        break;
      case FieldRequirement::Kind::kKeep:
        fields.emplace_back("*");
        break;
    }
  }
  return Join(fields, " ");
}

}  // namespace tunewire
