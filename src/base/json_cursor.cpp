#include "base/json_cursor.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Kind = JsonToken::Kind;

constexpr std::size_t kShown = 40;  // bytes of a bad token that a message repeats

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNumberStart(char c) { return IsDigit(c) || c == '-' || c == '+' || c == '.'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

Kind KindOf(char c) {
  switch (c) {
    case '{':
    case '[':
      return Kind::kOpen;
    case '}':
    case ']':
      return Kind::kClose;
    case ',':
      return Kind::kComma;
    case ':':
      return Kind::kColon;
    case '"':
      return Kind::kString;
    default:
      return IsNumberStart(c) ? Kind::kNumber : IsLetter(c) ? Kind::kWord : Kind::kStray;
  }
}

template <class Predicate>
std::size_t RunLength(std::string_view text, Predicate belongs) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) -
                                  text.begin());
}

/// From the opening quote to the closing one, or to the end of the line where none comes.
std::size_t StringLength(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"' && text[at] != '\n') {
    at += text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n' ? 2 : 1;
  }
  return at < text.size() && text[at] == '"' ? at + 1 : at;
}

std::string Quoted(std::string_view text) {
  const bool whole = text.size() <= kShown;
  return Format("'{}{}'", Printable(text.substr(0, kShown)), whole ? "" : "...");
}

/// The 16 bits of the \uXXXX at the front; nothing where there is no complete one.
std::optional<unsigned> UnicodeEscape(std::string_view text) {
  if (!text.starts_with("\\u") || RunLength(text.substr(2, 4), IsHexDigit) < 4) return {};
  unsigned code = 0;
  std::from_chars(text.data() + 2, text.data() + 6, code, 16);
  return code;
}

/// What is wrong with the escape at the front of `text`; `used` becomes its length.
JsonSyntaxProblem EscapeProblem(std::string_view text, std::size_t offset, std::size_t& used) {
  used = 2;
  if (text.size() < 2 || text[1] != 'u') {
    const bool known = text.size() < 2 || std::string_view("\"\\/bfnrt").find(text[1]) != text.npos;
    if (known) return {};
    return {offset, 2, Format("unknown escape {}", Quoted(text.substr(0, 2))),
            "a backslash itself is written \\\\"};
  }
  const std::optional<unsigned> code = UnicodeEscape(text);
  if (!code) {
    return {offset, 2 + RunLength(text.substr(2, 4), IsHexDigit),
            "\\u needs four hexadecimal digits", ""};
  }
  used = 6;
  if (*code < 0xD800 || *code > 0xDFFF) return {};
  const std::optional<unsigned> low = UnicodeEscape(text.substr(6));
  used = 12;
  if (*code < 0xDC00 && low && *low >= 0xDC00 && *low <= 0xDFFF) return {};
  return {offset, 6, "half of a surrogate pair", "write the character itself"};
}

/// What is wrong inside a string token; empty message where nothing is.
JsonSyntaxProblem StringProblem(std::string_view token, std::size_t offset) {
  for (std::size_t at = 1; at < token.size(); ++at) {
    const auto byte = static_cast<unsigned char>(token[at]);
    if (byte < 0x20) {
      return {offset + at, 1, Format("a control byte (0x{:02x}) in a string", byte),
              byte == '\t' ? "write \\t" : "write it as an escape, \\u00XX"};
    }
    if (byte == '"') return {};
    if (byte != '\\') continue;
    std::size_t used = 0;
    JsonSyntaxProblem problem = EscapeProblem(token.substr(at), offset + at, used);
    if (!problem.message.empty()) return problem;
    at += used - 1;
  }
  return {offset, 1, "this string has no closing quote on its line", ""};
}

}  // namespace

bool IsJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t run = RunLength(text.substr(at), IsDigit);
    at += run;
    return run;
  };
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

JsonCursor::JsonCursor(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark, as some editors leave it
}

void JsonCursor::SkipBlanksAndComments() {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      at_ += std::min(rest.find_first_of("\r\n"), rest.size());
    } else if (rest.starts_with("/*")) {
      if (!block_comment_) block_comment_ = at_;
      const std::size_t end = rest.find("*/", 2);
      at_ = end == std::string_view::npos ? text_.size() : at_ + end + 2;
    } else if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos) {
      ++at_;
    } else {
      return;
    }
  }
}

std::size_t JsonCursor::TokenLength(Kind kind) const {
  const std::string_view rest = text_.substr(at_);
  const auto in_run = [](char c) { return IsNumberStart(c) || IsLetter(c); };
  switch (kind) {
    case Kind::kString:
      return StringLength(rest);
    case Kind::kNumber:
      return RunLength(rest, in_run);
    case Kind::kWord:
      return RunLength(rest, [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; });
    default:
      return std::max<std::size_t>(1, Utf8Length(rest));
  }
}

JsonToken JsonCursor::Next() {
  SkipBlanksAndComments();
  last_is_name_ = false;
  if (at_ >= text_.size()) return {Kind::kEnd, text_.size(), 0};
  const Kind kind = KindOf(text_[at_]);
  last_ = {kind, at_, TokenLength(kind)};
  at_ = last_.end();
  return last_;
}

JsonToken JsonCursor::NextReported() {
  JsonToken token = Next();
  while (token.kind == Kind::kComma || token.kind == Kind::kColon) token = Next();
  return token;
}

bool JsonCursor::Malformed(const JsonToken& token) const {
  const std::string_view text = TextOf(token);
  switch (token.kind) {
    case Kind::kEnd:
    case Kind::kStray:
      return true;
    case Kind::kString:
      return !StringProblem(text, token.offset).message.empty();
    case Kind::kNumber:
      return !IsJsonNumber(text);
    case Kind::kWord:
      return text != "true" && text != "false" && text != "null";
    default:
      return false;
  }
}

JsonSyntaxProblem JsonCursor::Explain(std::size_t consumed, std::optional<std::size_t> open) {
  // A parser that refused a bad token left the cursor before it; one that took "0" of "010" left
  // it behind, because the cursor takes the whole run for one number.
  const bool run = last_.kind == Kind::kNumber || last_.kind == Kind::kWord;
  if (run && Malformed(last_)) return Describe(last_, open);
  while (true) {
    const JsonToken before = last_;
    const bool before_is_name = last_is_name_;
    const JsonToken token = Next();
    if (Malformed(token) || token.end() >= consumed) {
      last_ = before;
      last_is_name_ = before_is_name;
      return Describe(token, open);
    }
  }
}

JsonSyntaxProblem JsonCursor::Describe(const JsonToken& bad,
                                       std::optional<std::size_t> open) const {
  const std::string_view text = TextOf(bad);
  switch (bad.kind) {
    case Kind::kEnd:
      return DescribeEnd(open);
    case Kind::kClose:
      return DescribeClose(bad, open);
    case Kind::kOpen:
      return DescribeValue(bad, open);
    case Kind::kComma:
    case Kind::kColon:
      return {bad.offset, 1, Format("{} is not expected here", Quoted(text)), ""};
    case Kind::kString:
      if (JsonSyntaxProblem problem = StringProblem(text, bad.offset); !problem.message.empty()) {
        return problem;
      }
      return DescribeValue(bad, open);
    case Kind::kNumber:
      if (!Malformed(bad)) return DescribeValue(bad, open);
      return {bad.offset, bad.length, Format("{} is not a plain decimal number", Quoted(text)),
              "write digits only: no leading zero, no hexadecimal, no unit"};
    case Kind::kWord:
      if (!Malformed(bad)) return DescribeValue(bad, open);
      return {bad.offset, bad.length, Format("{} needs double quotes", Quoted(text)),
              "only true, false and null stand without"};
    default:
      break;
  }
  if (text == "'") return {bad.offset, 1, "strings stand in double quotes", ""};
  if (text == "#" || text == "/") return {bad.offset, 1, "a comment begins with //", ""};
  return {bad.offset, bad.length, Format("{} is not expected here", Quoted(text)), ""};
}

JsonSyntaxProblem JsonCursor::DescribeEnd(std::optional<std::size_t> open) const {
  if (!open) return {0, 1, "the text holds no value", ""};
  return {*open, 1, Format("this '{}' is never closed", text_[*open]), ""};
}

JsonSyntaxProblem JsonCursor::DescribeClose(const JsonToken& bad,
                                            std::optional<std::size_t> open) const {
  if (!open) return {bad.offset, 1, Format("{} closes nothing", Quoted(TextOf(bad))), ""};
  const char right = text_[*open] == '{' ? '}' : ']';
  if (text_[bad.offset] != right) {
    return {bad.offset, 1, Format("{} where '{}' must come first", Quoted(TextOf(bad)), right), ""};
  }
  if (last_.kind == Kind::kComma) {
    return {last_.offset, 1, "no comma may stand after the last one", "remove the comma"};
  }
  return {bad.offset, 1, "a value is missing before this", ""};
}

JsonSyntaxProblem JsonCursor::DescribeValue(const JsonToken& bad,
                                            std::optional<std::size_t> open) const {
  if (!open) return {bad.offset, bad.length, "something follows the end of the value", ""};
  if (last_is_name_) return {bad.offset, bad.length, "a colon is missing before this", ""};
  if (last_.kind == Kind::kComma || last_.kind == Kind::kOpen) {
    return {bad.offset, bad.length, "a name in double quotes must come here", ""};
  }
  return {bad.offset, bad.length, "a comma is missing before this", ""};
}

}  // namespace tunewire
