#include "base/strict_json.h"

#include <doctest/doctest.h>

#include <random>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

const JsonLimits kLimits;

JsonNode Parsed(std::string_view text) {
  const Result<JsonNode> node = ParseStrictJson("t.json", text, kLimits);
  REQUIRE_MESSAGE(node.has_value(), text << ": " << (node ? "" : node.error().message));
  return *node;
}

/// "syntax 1:3+2 message", so that one comparison holds the whole error.
std::string Refused(std::string_view text) {
  const Result<JsonNode> node = ParseStrictJson("t.json", text, kLimits);
  if (node) return "accepted";
  const Error& error = node.error();
  CHECK(error.kind == ErrorKind::kInvalid);
  std::string place = "-";
  if (error.where) {
    place = std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + "+" +
            std::to_string(error.where->length);
  }
  return error.code + " " + place + " " + error.message;
}

TEST_CASE("json: every node knows its place") {
  const std::string text =
      "{ // first\n  \"a\\u0062\" : [1, -20,\ttrue],\n  \"c\": \"x\\n\", \"n\": null }\n";
  const JsonNode root = Parsed(text);
  REQUIRE(root.members.size() == 3);
  CHECK(root.offset == 0);
  CHECK(root.members[0].name == "ab");
  CHECK(text.substr(root.members[0].name_offset, root.members[0].name_length) == "\"a\\u0062\"");
  const JsonNode& list = root.members[0].value;
  CHECK(text[list.offset] == '[');
  REQUIRE(list.items.size() == 3);
  CHECK(list.items[1].integer == -20);
  CHECK(text.substr(list.items[1].offset, list.items[1].length) == "-20");
  CHECK(list.items[2].boolean);
  REQUIRE(root.Find("c") != nullptr);
  CHECK(root.Find("c")->text == "x\n");
  CHECK(text.substr(root.Find("c")->offset, root.Find("c")->length) == "\"x\\n\"");
  CHECK(root.Find("n")->kind == JsonNode::Kind::kNull);
  CHECK(root.Find("z") == nullptr);
}

TEST_CASE("json: places in text count lines and bytes from one") {
  const std::string text = "ab\ncde\r\n\n" + std::string(500, 'x');
  const TextPlaces places("f", text);
  CHECK(places.At(4, 1) == SourcePlace{"f", 2, 2, 1, "cde"});
  CHECK(places.At(4, 99).length == 3);  // to the end of the line, its carriage return included
  CHECK(places.At(8, 1) == SourcePlace{"f", 3, 1, 1, ""});
  CHECK(places.At(9, 500) == SourcePlace{"f", 4, 1, 500, ""});
  CHECK(places.At(10'000, 1).column == 501);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    CHECK(places.At(at, 2) == PlaceOf("f", text, at, 2));
  }
}

TEST_CASE("json: mistakes are named in plain words at their place") {
  CHECK(Refused("") == "syntax 1:1+1 the text holds no value");
  CHECK(Refused("// only\n") == "syntax 1:1+1 the text holds no value");
  CHECK(Refused("{\"a\": 1") == "syntax 1:1+1 this '{' is never closed");
  CHECK(Refused("{\"a\": [1, 2}") == "syntax 1:12+1 '}' where ']' must come first");
  CHECK(Refused("{\"a\": 1,}") == "syntax 1:8+1 no comma may stand after the last one");
  CHECK(Refused("[1,\n]") == "syntax 1:3+1 no comma may stand after the last one");
  CHECK(Refused("{\"a\": }") == "syntax 1:7+1 a value is missing before this");
  CHECK(Refused("{\"a\" 1}") == "syntax 1:6+1 a colon is missing before this");
  CHECK(Refused("{\"a\" {}}") == "syntax 1:6+1 a colon is missing before this");
  CHECK(Refused("{\"a\": 1 \"b\": 2}") == "syntax 1:9+3 a comma is missing before this");
  CHECK(Refused("{\"a\": {} \"b\": 2}") == "syntax 1:10+3 a comma is missing before this");
  CHECK(Refused("[1 2]") == "syntax 1:4+1 a comma is missing before this");
  CHECK(Refused("[1,,2]") == "syntax 1:4+1 ',' is not expected here");
  CHECK(Refused("{1: 2}") == "syntax 1:2+1 a name in double quotes must come here");
  CHECK(Refused("{a: 2}") == "syntax 1:2+1 'a' needs double quotes");
  CHECK(Refused("{\"a\": yes}") == "syntax 1:7+3 'yes' needs double quotes");
  CHECK(Refused("[tru]") == "syntax 1:2+3 'tru' needs double quotes");
  CHECK(Refused("[true1]") == "syntax 1:2+5 'true1' needs double quotes");
  CHECK(Refused("{'a': 1}") == "syntax 1:2+1 strings stand in double quotes");
  CHECK(Refused("[1] # x") == "syntax 1:5+1 a comment begins with //");
  CHECK(Refused("[1] [2]") == "syntax 1:5+1 something follows the end of the value");
  CHECK(Refused("[1]]") == "syntax 1:4+1 ']' closes nothing");
  CHECK(Refused("[\xC3\xA9]") == "syntax 1:2+2 '\xC3\xA9' is not expected here");
}

TEST_CASE("json: numbers are plain decimal integers of 64 bits") {
  CHECK(Parsed("9223372036854775807").integer == 9223372036854775807LL);
  CHECK(Parsed("[-9223372036854775808]").items[0].integer == (-9223372036854775807LL - 1));
  for (const char* bad : {"010", "0x10", "4k", "5_000", "+5", ".5", "1.", "-", "--1", "1e", "00"}) {
    CAPTURE(bad);
    CHECK(Refused("[" + std::string(bad) + "]") ==
          "syntax 1:2+" + std::to_string(std::string(bad).size()) + " '" + bad +
              "' is not a plain decimal number");
  }
  for (const char* bad : {"1.0", "1e3", "0.5", "-1E-2", "1e999"}) {
    CAPTURE(bad);
    CHECK(Refused(std::string("[") + bad + "]").starts_with("not_an_integer 1:2+"));
  }
  CHECK(Refused("-0").starts_with("not_an_integer"));
  CHECK(Refused("[9223372036854775808]") == "not_an_integer 1:2+19 this number is out of range");
  CHECK(Refused("[-9223372036854775809]") == "not_an_integer 1:2+20 this number is out of range");
}

TEST_CASE("json: strings stay on a line and hold escapes that are right") {
  CHECK(Parsed(R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")").text ==
        "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
  CHECK(Refused("[\"ab\ncd\"]") == "syntax 1:2+1 this string has no closing quote on its line");
  CHECK(Refused("[\"ab") == "syntax 1:2+1 this string has no closing quote on its line");
  CHECK(Refused("[\"a\tb\"]") == "syntax 1:4+1 a control byte (0x09) in a string");
  CHECK(Refused(R"(["a\qb"])") == "syntax 1:4+2 unknown escape '\\q'");
  CHECK(Refused(R"(["a\u12"])") == "syntax 1:4+4 \\u needs four hexadecimal digits");
  CHECK(Refused(R"(["\ud800"])") == "syntax 1:3+6 half of a surrogate pair");
  CHECK(Refused(R"(["a\ude00\ud83d"])") == "syntax 1:4+6 half of a surrogate pair");
  CHECK(Refused(R"(["a\ud83d\u0041"])") == "syntax 1:4+6 half of a surrogate pair");
}

TEST_CASE("json: only // comments") {
  CHECK(Parsed("// a\n[1 // b\r\n, 2]// c").items.size() == 2);
  CHECK(Parsed("\xEF\xBB\xBF[1]").items.size() == 1);
  const std::string refusal = "+2 block comments are not allowed";
  CHECK(Refused("/* a */ [1]") == "syntax 1:1" + refusal);
  CHECK(Refused("[1, /* a */ 2]") == "syntax 1:5" + refusal);
  CHECK(Refused("[1 /* a */]") == "syntax 1:4" + refusal);
  CHECK(Refused("[1] /* a */") == "syntax 1:5" + refusal);
  CHECK(Refused("[1] /* a") == "syntax 1:5" + refusal);
  CHECK(Refused("[1 /* a */ x]") == "syntax 1:4" + refusal);
  CHECK(Refused("{\"a\" /**/ : 1}") == "syntax 1:6" + refusal);
}

TEST_CASE("json: bytes that are no text are refused wherever they stand") {
  using std::string_literals::operator""s;
  CHECK(Refused("[1]\0[2]"s) == "syntax 1:4+1 a NUL byte");
  CHECK(Refused("// a\0\n[2]"s) == "syntax 1:5+1 a NUL byte");
  CHECK(Refused("[\"a\xFF\"]") == "syntax 1:4+1 the byte 0xff is no UTF-8 text");
  CHECK(Refused("[1] // \xE9t\xE9") == "syntax 1:8+1 the byte 0xe9 is no UTF-8 text");
  CHECK(Refused("[\"\xED\xA0\x80\"]").starts_with("syntax 1:3"));
}

TEST_CASE("json: a name that stands twice is refused, however it is spelt") {
  CHECK(Refused("{\"a\": 1,\n \"a\": 2}") == "duplicate_key 2:2+3 \"a\" is there twice");
  CHECK(Refused(R"({"a": 1, "\u0061": 2})") == "duplicate_key 1:10+8 \"a\" is there twice");
  CHECK(Parsed(R"({"a": {"a": 1}, "b": {"a": 1}})").members.size() == 2);
  const Result<JsonNode> twice = ParseStrictJson("t", "{\n\"a\": 1,\n\"a\": 2}", kLimits);
  CHECK(twice.error().hint == "first in line 2");
}

TEST_CASE("json: hostile sizes end early") {
  CHECK(Refused(std::string(1'000'000, '[')).starts_with("too_deep 1:17+1"));
  std::string deep;
  for (int i = 0; i < 150'000; ++i) deep += "{\"a\":";
  CHECK(Refused(deep).starts_with("too_deep 1:81+1"));
  CHECK(Refused(std::string(65'536, '9')).starts_with("not_an_integer 1:1+65536"));
  std::string twice = "{";
  for (int i = 0; i < 100'000; ++i) twice += "\"a\":0,";
  CHECK(Refused(twice).starts_with("duplicate_key 1:8+3"));
  CHECK(Refused(std::string(1024 * 1024 + 1, ' ')).starts_with("too_large -"));
  CHECK(Parsed(std::string(16, '[') + std::string(16, ']')).items.size() == 1);

  JsonLimits few;
  few.nodes = 3;
  CHECK(ParseStrictJson("t", "[1,2]", few).has_value());
  CHECK(ParseStrictJson("t", "[1,2,3]", few).error().code == "too_large");
}

TEST_CASE("json: whatever is thrown at it, it answers with a value or a place inside the text") {
  const std::string seed =
      "{ // c\n \"a\": [1, -2, \"x\\u00e9\\n\"], \"b\": {\"c\": null, \"d\": true}, \"e\": \"\" "
      "}\n";
  const std::string bits = "{}[],:\"\\/*0x1-.eEtfnu \n\t'#";
  std::mt19937 random(20260731);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = bits[below(bits.size())];
          break;
        case 1:
          text.insert(at, 1, bits[below(bits.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(3));
          break;
        default:
          text[at] = static_cast<char>(below(256));
      }
      if (text.empty()) text = "[";
    }
    const Result<JsonNode> node = ParseStrictJson("t.json", text, kLimits);
    accepted += node.has_value() ? 1 : 0;
    if (node) continue;
    REQUIRE(node.error().where.has_value());
    CHECK_FALSE(node.error().message.empty());
    const SourcePlace& place = *node.error().where;
    const std::vector<std::string> lines = Split(text, '\n');
    REQUIRE(static_cast<std::size_t>(place.line) <= lines.size());
    CHECK(static_cast<std::size_t>(place.column) <=
          lines[static_cast<std::size_t>(place.line) - 1].size() + 1);
  }
  CHECK(accepted > 100);
  CHECK(accepted < 15'000);
}

}  // namespace
}  // namespace tunewire
