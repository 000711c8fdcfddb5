// JSON with // comments, read strictly: bounded depth and size, no duplicate names, no floats,
// integers in range, and every node knows its place. The reader for profiles, journals and every
// other JSON from outside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

struct JsonMember;

struct JsonNode {
  enum class Kind { kNull, kBoolean, kInteger, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text;                 ///< of a string, escapes resolved
  std::vector<JsonNode> items;      ///< of an array
  std::vector<JsonMember> members;  ///< of an object, file order
  std::size_t offset = 0;           ///< of the token's first byte in the text
  std::size_t length = 0;           ///< of the token; of a container its opening bracket

  [[nodiscard]] const JsonNode* Find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  std::size_t name_offset = 0;
  std::size_t name_length = 0;
  JsonNode value;
};

struct JsonLimits {
  int depth = 16;
  std::size_t bytes = 1024 * 1024;
};

/// Errors: kInvalid with a place; codes "syntax", "duplicate_key", "too_deep", "too_large",
/// "not_an_integer".
Result<JsonNode> ParseStrictJson(const std::string& file, std::string_view text,
                                 const JsonLimits& limits);

/// The place of `length` bytes at `offset`, for an error.
SourcePlace PlaceOf(const std::string& file, std::string_view text, std::size_t offset,
                    std::size_t length);

}  // namespace tunewire
