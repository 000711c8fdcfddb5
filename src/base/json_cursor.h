// A cursor over JSON text that follows a parser's events, so that every value knows its place, and
// that says in plain words where and why a text is no JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tunewire {

struct JsonToken {
  enum class Kind {
    kEnd,
    kOpen,   ///< { or [
    kClose,  ///< } or ]
    kComma,
    kColon,
    kString,
    kNumber,  ///< anything that begins like a number
    kWord,    ///< a run of letters: true, false, null or a mistake
    kStray,   ///< a byte that begins nothing
  };
  Kind kind = Kind::kEnd;
  std::size_t offset = 0;
  std::size_t length = 0;

  [[nodiscard]] std::size_t end() const { return offset + length; }
};

/// What is wrong with the text and where.
struct JsonSyntaxProblem {
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string message;
  std::string hint;
};

/// The grammar of RFC 8259, section 6.
bool IsJsonNumber(std::string_view text);

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text);

  /// The next token, blanks and comments skipped.
  JsonToken Next();
  /// The next token that a parser reports: commas and colons are skipped too.
  JsonToken NextReported();
  /// The string token just met was an object's name.
  void MarkName() { last_is_name_ = true; }

  [[nodiscard]] std::string_view TextOf(const JsonToken& token) const {
    return text_.substr(token.offset, token.length);
  }
  /// Where the first block comment skipped so far begins.
  [[nodiscard]] std::optional<std::size_t> block_comment() const { return block_comment_; }

  /// Explains why a parser that stopped after `consumed` bytes went no further. `open` is the
  /// offset of the innermost bracket still open.
  JsonSyntaxProblem Explain(std::size_t consumed, std::optional<std::size_t> open);

 private:
  void SkipBlanksAndComments();
  [[nodiscard]] std::size_t TokenLength(JsonToken::Kind kind) const;
  [[nodiscard]] bool Malformed(const JsonToken& token) const;
  [[nodiscard]] JsonSyntaxProblem Describe(const JsonToken& bad,
                                           std::optional<std::size_t> open) const;
  [[nodiscard]] JsonSyntaxProblem DescribeEnd(std::optional<std::size_t> open) const;
  [[nodiscard]] JsonSyntaxProblem DescribeClose(const JsonToken& bad,
                                                std::optional<std::size_t> open) const;
  [[nodiscard]] JsonSyntaxProblem DescribeValue(const JsonToken& bad,
                                                std::optional<std::size_t> open) const;

  std::string_view text_;
  std::size_t at_ = 0;
  JsonToken last_;  ///< the token before the cursor; kEnd where there was none
  bool last_is_name_ = false;
  std::optional<std::size_t> block_comment_;
};

}  // namespace tunewire
