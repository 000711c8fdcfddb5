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
  std::size_t nodes = 1'000'000;  ///< about 150 bytes of memory each
};

/// The whole text is one value; only `//` comments, only UTF-8, no NUL byte. Stops at the first
/// problem. Errors: kInvalid with a place; codes "syntax", "duplicate_key", "too_deep",
/// "too_large", "not_an_integer".
Result<JsonNode> ParseStrictJson(const std::string& file, std::string_view text,
                                 const JsonLimits& limits);

/// Turns offsets into places without counting lines anew for each. Keeps a view of `text`.
class TextPlaces {
 public:
  TextPlaces(std::string file, std::string_view text);

  /// The caret stays on the line of `offset`; a line above 400 bytes gives an empty excerpt.
  [[nodiscard]] SourcePlace At(std::size_t offset, std::size_t length) const;
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string file_;
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

/// The place of `length` bytes at `offset`, for one error.
SourcePlace PlaceOf(const std::string& file, std::string_view text, std::size_t offset,
                    std::size_t length);

}  // namespace tunewire
