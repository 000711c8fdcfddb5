// What is wrong with one profile, gathered in one go.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/strict_json.h"
#include "tunewire/base/error.h"

namespace tunewire {

/// A stretch of the profile's text.
struct Span {
  std::size_t offset = 0;
  std::size_t length = 1;
};

inline Span SpanOf(const JsonNode& node) { return {node.offset, node.length}; }
inline Span NameSpan(const JsonMember& member) { return {member.name_offset, member.name_length}; }

class Complaints {
 public:
  static constexpr std::size_t kMost = 20;

  explicit Complaints(const TextPlaces& places) : places_(places) {}

  void Add(Span span, std::string code, std::string message, std::string hint);
  /// Further ones would not be shown: reading may stop.
  [[nodiscard]] bool full() const { return found_.size() >= kMost; }
  [[nodiscard]] bool empty() const { return found_.empty(); }
  /// In the order of the text, at most kMost.
  std::vector<Error> Take();

 private:
  const TextPlaces& places_;
  std::vector<std::pair<std::size_t, Error>> found_;
};

}  // namespace tunewire
