// nlohmann's parser reads the grammar; a builder takes its events, keeps the limits and gives every
// node its place. The parser keeps its own stack on the heap, so depth costs no stack here.
#include "base/strict_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/format.h"
#include "base/json_cursor.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestExcerpt = 400;

SourcePlace MakePlace(const std::string& file, std::string_view text, std::size_t line_start,
                      int line, std::size_t offset, std::size_t length) {
  const std::size_t line_end = std::min(text.find('\n', line_start), text.size());
  std::string_view excerpt = text.substr(line_start, line_end - line_start);
  if (excerpt.ends_with('\r')) excerpt.remove_suffix(1);
  SourcePlace place;
  place.file = file;
  place.line = line;
  place.column = static_cast<int>(offset - line_start) + 1;
  const std::size_t room = line_end > offset ? line_end - offset : 1;
  place.length = static_cast<int>(std::max<std::size_t>(1, std::min(length, room)));
  if (excerpt.size() <= kLongestExcerpt) place.excerpt = std::string(excerpt);
  return place;
}

Error Refusal(const std::string& file, std::string code, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.message = std::move(message);
  error.subject = file;
  return error;
}

/// NUL ends nlohmann's text early and comments are not checked for UTF-8, so both are looked at
/// before.
std::optional<JsonSyntaxProblem> FindBadByte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\0' ? 0 : Utf8Length(text.substr(at));
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(text[at]);
      return JsonSyntaxProblem{
          at, 1, byte == 0 ? "a NUL byte" : Format("the byte 0x{:02x} is no UTF-8 text", byte),
          "save the file as UTF-8 text"};
    }
    at += length;
  }
  return std::nullopt;
}

/// Receives the parser's events. Returning false stops the parser.
class Builder final : public nlohmann::json_sax<json> {
 public:
  Builder(const std::string& file, std::string_view text, const JsonLimits& limits)
      : file_(file), text_(text), limits_(limits), cursor_(text) {}

  bool null() override { return Scalar(JsonNode::Kind::kNull) != nullptr; }

  bool boolean(bool value) override {
    JsonNode* node = Scalar(JsonNode::Kind::kBoolean);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }

  bool number_integer(json::number_integer_t) override { return Number(); }
  bool number_unsigned(json::number_unsigned_t) override { return Number(); }
  bool number_float(json::number_float_t, const std::string&) override { return Number(); }

  bool string(std::string& value) override {
    JsonNode* node = Scalar(JsonNode::Kind::kString);
    if (node != nullptr) node->text = std::move(value);
    return node != nullptr;
  }

  bool binary(json::binary_t&) override { return false; }  // text JSON has none

  bool start_object(std::size_t) override { return Open(JsonNode::Kind::kObject); }
  bool start_array(std::size_t) override { return Open(JsonNode::Kind::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(std::string& name) override {
    const JsonToken token = cursor_.NextReported();
    cursor_.MarkName();
    if (RefusedComment()) return false;
    OpenNode& object = open_.back();
    if (!object.names.insert(name).second) {
      return Refuse("duplicate_key", token.offset, token.length,
                    Format("\"{}\" is there twice", Printable(name)), FirstUse(*object.node, name));
    }
    object.node->members.push_back({std::move(name), token.offset, token.length, {}});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    constexpr int kNumberTooLarge = 406;  // beyond a double's range
    if (problem.id == kNumberTooLarge) return RefuseNumber(cursor_.NextReported());
    return RefuseSyntax(position);
  }

  /// After the parser's end. Precondition: it stopped, or took the whole text.
  Result<JsonNode> Take() {
    if (!error_) {
      cursor_.Next();  // a block comment may follow the last bracket
      RefusedComment();
    }
    if (error_) return Fail(std::move(*error_));
    return std::move(root_);
  }

 private:
  struct OpenNode {
    JsonNode* node;  // stays put: its parent grows only after this one is closed
    std::unordered_set<std::string> names;
  };

  bool Refuse(std::string code, std::size_t offset, std::size_t length, std::string message,
              std::string hint) {
    error_ = Refusal(file_, std::move(code), std::move(message));
    error_->hint = std::move(hint);
    error_->where = PlaceOf(file_, text_, offset, length);
    return false;
  }

  bool RefuseSyntax(std::size_t consumed) {
    const std::optional<std::size_t> open =
        open_.empty() ? std::nullopt : std::optional(open_.back().node->offset);
    const JsonSyntaxProblem problem = cursor_.Explain(consumed, open);
    if (RefusedComment()) return false;
    return Refuse("syntax", problem.offset, problem.length, problem.message, problem.hint);
  }

  bool RefusedComment() {
    if (!cursor_.block_comment()) return false;
    Refuse("syntax", *cursor_.block_comment(), 2, "block comments are not allowed",
           "begin each line of a comment with //");
    return true;
  }

  bool RefuseNumber(const JsonToken& token) {
    if (RefusedComment()) return false;
    const std::string_view text = cursor_.TextOf(token);
    const bool whole = text.find_first_of(".eE") == std::string_view::npos;
    return Refuse("not_an_integer", token.offset, token.length,
                  whole ? "this number is out of range" : "only whole numbers are allowed",
                  whole ? "numbers lie between -9223372036854775808 and 9223372036854775807"
                        : "write all digits, without point and exponent");
  }

  std::string FirstUse(const JsonNode& object, const std::string& name) const {
    for (const JsonMember& member : object.members) {
      if (member.name != name) continue;
      return Format("first in line {}", PlaceOf(file_, text_, member.name_offset, 1).line);
    }
    return {};
  }

  JsonNode* Add(JsonNode::Kind kind, const JsonToken& token) {
    if (++nodes_ > limits_.nodes) {
      Refuse("too_large", token.offset, 1, Format("more than {} values", limits_.nodes), "");
      return nullptr;
    }
    JsonNode* node = &root_;
    if (!open_.empty()) {
      JsonNode& parent = *open_.back().node;
      node = parent.kind == JsonNode::Kind::kArray ? &parent.items.emplace_back()
                                                   : &parent.members.back().value;
    }
    node->kind = kind;
    node->offset = token.offset;
    node->length = token.length;
    return node;
  }

  JsonNode* Scalar(JsonNode::Kind kind) {
    const JsonToken token = cursor_.NextReported();
    return RefusedComment() ? nullptr : Add(kind, token);
  }

  bool Number() {
    JsonNode* node = Scalar(JsonNode::Kind::kInteger);
    if (node == nullptr) return false;
    const JsonToken token{JsonToken::Kind::kNumber, node->offset, node->length};
    // The parser takes "0" of "010" for a number and stumbles one step later; the run tells.
    if (!IsJsonNumber(cursor_.TextOf(token))) return RefuseSyntax(0);
    const std::optional<std::int64_t> value = ParseDecimal(cursor_.TextOf(token));
    if (!value) return RefuseNumber(token);
    node->integer = *value;
    return true;
  }

  bool Open(JsonNode::Kind kind) {
    const JsonToken token = cursor_.NextReported();
    if (RefusedComment()) return false;
    if (open_.size() >= static_cast<std::size_t>(limits_.depth)) {
      return Refuse("too_deep", token.offset, 1,
                    Format("brackets are nested more than {} deep", limits_.depth), "");
    }
    JsonNode* node = Add(kind, token);
    if (node == nullptr) return false;
    open_.push_back({node, {}});
    return true;
  }

  bool Close() {
    cursor_.NextReported();
    open_.pop_back();
    return !RefusedComment();
  }

  const std::string& file_;
  std::string_view text_;
  JsonLimits limits_;
  JsonCursor cursor_;
  JsonNode root_;
  std::vector<OpenNode> open_;
  std::size_t nodes_ = 0;
  std::optional<Error> error_;
};

}  // namespace

const JsonNode* JsonNode::Find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& member) { return member.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

TextPlaces::TextPlaces(std::string file, std::string_view text)
    : file_(std::move(file)), text_(text), line_starts_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    line_starts_.push_back(at + 1);
}

SourcePlace TextPlaces::At(std::size_t offset, std::size_t length) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return MakePlace(file_, text_, *(after - 1), static_cast<int>(after - line_starts_.begin()),
                   offset, length);
}

SourcePlace PlaceOf(const std::string& file, std::string_view text, std::size_t offset,
                    std::size_t length) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return MakePlace(file, text, before.rfind('\n') + 1, static_cast<int>(line), offset, length);
}

Result<JsonNode> ParseStrictJson(const std::string& file, std::string_view text,
                                 const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Fail(
        Refusal(file, "too_large",
                Format("{} bytes are more than the {} allowed", text.size(), limits.bytes)));
  }
  if (const std::optional<JsonSyntaxProblem> bad = FindBadByte(text)) {
    Error error = Refusal(file, "syntax", bad->message);
    error.hint = bad->hint;
    error.where = PlaceOf(file, text, bad->offset, bad->length);
    return Fail(std::move(error));
  }
  Builder builder(file, text, limits);
  json::sax_parse(text.begin(), text.end(), &builder, json::input_format_t::json,
                  /*strict=*/true, /*ignore_comments=*/true);
  return builder.Take();
}

}  // namespace tunewire
