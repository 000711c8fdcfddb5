// What every part of the profile reader shares: the text's places, the complaints, and the checks
// of kind and of field names.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "profile/complaints.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

struct Reading {
  const TextPlaces& places;
  Complaints& complaints;
  std::string profile;  ///< its name, as far as it is known
};

std::string_view KindName(JsonNode::Kind kind);

/// Whether `node` is of `kind`; complains with "wrong_type" where it is not. `what` names the thing
/// and `example` shows a right one.
bool Expect(const JsonNode& node, JsonNode::Kind kind, std::string_view what,
            std::string_view example, Reading& reading);

/// Complains of every member whose name is not in `known`, with the nearest right name.
void CheckFieldNames(const JsonNode& object, std::span<const std::string_view> known,
                     std::string_view what, Reading& reading);

/// A text without control bytes: it may end up in a configuration file, where a newline would begin
/// a line of its own. Absent or wrong: empty.
std::string ReadProse(const JsonNode& object, std::string_view field, Reading& reading);

/// Complains where `text` holds control bytes or broken characters.
bool CheckPrintable(const JsonNode& node, std::string_view what, Reading& reading);

Origin OriginOf(const SourcePlace& place);

}  // namespace tunewire
