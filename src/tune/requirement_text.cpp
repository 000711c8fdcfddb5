#include "tune/requirement_text.h"

#include <algorithm>
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
  // ">= 1 <= 9" reads like one condition; bare values are a vector as the kernel shows it.
  const bool bounded = std::ranges::any_of(requirement.fields, [](const FieldRequirement& field) {
    return field.kind == FieldRequirement::Kind::kAtLeast ||
           field.kind == FieldRequirement::Kind::kAtMost;
  });
  return Join(fields, bounded ? ", " : " ");
}

}  // namespace tunewire
