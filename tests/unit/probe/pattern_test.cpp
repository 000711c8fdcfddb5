#include "tunewire/probe/pattern.h"

#include <doctest/doctest.h>

#include "report/error_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string Refusal(std::string_view text) {
  const Result<Script> script = ParseScript(text, "--pattern");
  REQUIRE_FALSE(script.has_value());
  CHECK(script.error().kind == ErrorKind::kUsage);
  CHECK(script.error().code == "invalid_pattern");
  return ErrorText(script.error(), Style{});
}

std::string Round(std::string_view text) {
  const Result<Script> script = ParseScript(text, "--pattern");
  REQUIRE_MESSAGE(script.has_value(), text);
  const std::string again = FormatScript(*script);
  CHECK(ParseScript(again, "x") == script);
  return again;
}

std::string Answer(std::string_view text) {
  const Result<Script> script = ParseScript(text, "--pattern");
  REQUIRE(script.has_value());
  const Result<Script> answer = Answering(*script);
  REQUIRE(answer.has_value());
  return FormatScript(*answer);
}

Traffic Named(std::string_view name, const Shape& shape, Writer writer) {
  Result<Traffic> traffic = NamedTraffic(name, shape, writer);
  REQUIRE_MESSAGE(traffic.has_value(), name);
  return *traffic;
}

std::string Client(std::string_view name, const Shape& shape) {
  return FormatScript(Named(name, shape, Writer::kClient).client);
}

Shape Writes(std::vector<std::uint32_t> sizes) {
  Shape shape;
  shape.writes = std::move(sizes);
  return shape;
}

Error SizeRefusal(std::string_view name, const Shape& shape) {
  const Result<Traffic> traffic = NamedTraffic(name, shape, Writer::kClient);
  REQUIRE_MESSAGE(!traffic.has_value(), name);
  CHECK(traffic.error().kind == ErrorKind::kUsage);
  CHECK(traffic.error().code == "invalid_size");
  return traffic.error();
}

}  // namespace

TEST_CASE("script: every step is read and written the same") {
  CHECK(Round("w200 w1000 r100") == "w200 w1000 r100");
  CHECK(Round("  m200\tw1 \n r1048576 ") == "m200 w1 r1048576");
  CHECK(Round("v200,1000,3 r1") == "v200,1000,3 r1");
  CHECK(Round("cork w1 uncork nodelay nagle a s5ms s200us s2s s0us r1") ==
        "cork w1 uncork nodelay nagle a s5ms s200us s2s s0us r1");
  CHECK(Round("s1500us r1") == "s1500us r1");
  CHECK(Round("s1000us r1") == "s1ms r1");
  const Result<Script> script = ParseScript("v200,1000 s5ms", "x");
  REQUIRE(script.has_value());
  CHECK(*script ==
        Script{{StepKind::kWritev, {200, 1000}, {}}, {StepKind::kSleep, {}, milliseconds(5)}});
}

TEST_CASE("script: the caret stands under the bad part") {
  CHECK(Refusal("w200 x100 r1") ==
        "error: no step 'x100'                       --pattern:1:6\n"
        "   1 | w200 x100 r1\n"
        "     |      ^^^^\n"
        "     | steps: w200 m200 v200,1000 r100 s5ms a cork uncork nodelay nagle\n");
  CHECK(Refusal("w200 r0") ==
        "error: '0' is not a size                    --pattern:1:7\n"
        "   1 | w200 r0\n"
        "     |       ^  1 to 1048576 bytes\n");
  CHECK(Refusal("v1,,2") ==
        "error: 'v1,,2': how many bytes?             --pattern:1:1\n"
        "   1 | v1,,2\n"
        "     | ^^^^^  1 to 1048576 bytes\n");
  CHECK(Refusal("w1 nodely r1") ==
        "error: no step 'nodely'                     --pattern:1:4\n"
        "   1 | w1 nodely r1\n"
        "     |    ^^^^^^  did you mean nodelay?\n");
  CHECK(Refusal("w1 s5 r1") ==
        "error: '5' is no time                       --pattern:1:5\n"
        "   1 | w1 s5 r1\n"
        "     |     ^  a number and a unit: s5ms, s200us\n");
}

TEST_CASE("script: what is out of bounds is refused") {
  for (const std::string_view bad :
       {"",           "  ",          "w",        "w-1",
        "w+1",        "w01",         "w1048577", "w99999999999999999999",
        "r",          "s",           "sms",      "s11s",
        "s-1ms",      "v",           "v1,",      "v,1",
        "v1;2",       "w1,2",        "W1",       "aa",
        "a1",         "corked",      "w200r100", "v1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
        "v1048576,1", "\xff\x1b[31m"}) {
    CAPTURE(bad);
    CHECK_FALSE(Refusal(bad).empty());
  }
  std::string many;
  for (std::size_t i = 0; i < kMostSteps; ++i) many += "w1 ";
  CHECK(ParseScript(many, "x").has_value());
  const Result<Script> more = ParseScript(many + "r1", "x");
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().where->column == static_cast<int>(many.size()) + 1);
}

TEST_CASE("script: sums") {
  const Result<Script> script = ParseScript("w200 m300 v1,2 r100 s5ms r7 s10us cork", "x");
  REQUIRE(script.has_value());
  CHECK(BytesWritten(*script) == 503);
  CHECK(BytesRead(*script) == 107);
  CHECK(ScriptedPauses(*script) == microseconds(5010));
  CHECK(BytesWritten({}) == 0);
}

TEST_CASE("the answering end reads in one go and writes each read back") {
  CHECK(Answer("w200 w1000 r100") == "r1200 w100");
  CHECK(Answer("r100 w200 w1000") == "w100 r1200");
  CHECK(Answer("cork m200 s5ms v1,2 uncork r100 r7 a w5") == "r203 w100 w7 r5");
  CHECK(Answer("w1048576 w1048576 w1 r9") == "r1048576 r1048576 r1 w9");
  const Result<Script> nothing = Answering({{StepKind::kCork, {}, {}}});
  REQUIRE_FALSE(nothing.has_value());
  CHECK(nothing.error().code == "invalid_pattern");
  CHECK(nothing.error().kind == ErrorKind::kUsage);
}

TEST_CASE("named patterns: what each writes") {
  const Shape shape;
  CHECK(Client("one_write", shape) == "w1200 r100");
  CHECK(Client("two_writes", shape) == "w200 w1000 r100");
  CHECK(Client("three_writes", shape) == "w200 w1000 w1000 r100");
  CHECK(Client("writev", shape) == "v200,1000 r100");
  CHECK(Client("msg_more", shape) == "m200 w1000 r100");
  CHECK(Client("cork", shape) == "cork w200 w1000 uncork r100");
  CHECK(Client("nodelay_flush", shape) == "w200 w1000 nodelay nagle r100");
  CHECK(Client("cork_left_open", shape) == "cork w200 w1000 r100");
  CHECK(Client("msg_more_left_open", shape) == "m200 m1000 r100");
  CHECK(Client("buffered_tail", shape) == "w8192 w1200 r100");
  CHECK(Client("chunks", shape) == "w200 w200 w200 w200 w200 r100");
}

TEST_CASE("named patterns: other numbers of sizes") {
  CHECK(Client("one_write", Writes({7})) == "w7 r100");
  CHECK(Client("two_writes", Writes({7})) == "w7 w7 r100");
  CHECK(Client("three_writes", Writes({7})) == "w7 w7 w7 r100");
  CHECK(Client("three_writes", Writes({1, 2, 3})) == "w1 w2 w3 r100");
  CHECK(Client("writev", Writes({1, 2, 3})) == "v1,2,3 r100");
  CHECK(Client("msg_more", Writes({1, 2, 3})) == "m1 m2 w3 r100");
  CHECK(Client("cork", Writes({1, 2, 3})) == "cork w1 w2 w3 uncork r100");
  CHECK(Client("buffered_tail", Writes({20000})) == "w8192 w8192 w3616 r100");
  CHECK(Client("buffered_tail", Writes({16384})) == "w8192 w8192 r100");
  CHECK(Client("chunks", Writes({4000})) == "w4000 w4000 w4000 w4000 w4000 w4000 w4000 w4000 r100");
  CHECK(Client("chunks", Writes({3000, 7000})) == "w3000 w3000 w1000 r100");
  CHECK(SizeRefusal("two_writes", Writes({1, 2, 3})).message ==
        "3 sizes for a pattern of 2 writes");
  SizeRefusal("three_writes", Writes({1, 2, 3, 4}));
  SizeRefusal("chunks", Writes({1, 2, 3}));
  SizeRefusal("chunks", Writes({1000, 999}));
}

TEST_CASE("named patterns: sizes out of bounds") {
  SizeRefusal("two_writes", Writes({}));
  SizeRefusal("two_writes", Writes({0, 1}));
  SizeRefusal("two_writes", Writes({1, kLargestPiece + 1}));
  SizeRefusal("one_write", Writes({kLargestPiece, kLargestPiece}));
  SizeRefusal("two_writes", Writes({kLargestPiece}));
  SizeRefusal("chunks", Writes({kLargestPiece / 4}));
  SizeRefusal("chunks", Writes({1, 1000}));
  SizeRefusal("writev", Writes(std::vector<std::uint32_t>(17, 10)));
  Shape silent;
  silent.reply = 0;
  SizeRefusal("two_writes", silent);
  silent.reply = kLargestPiece + 1;
  SizeRefusal("two_writes", silent);
}

TEST_CASE("named patterns: gap, think time and whose message it is") {
  Shape shape;
  shape.gap = milliseconds(5);
  shape.peer_think = milliseconds(50);
  CHECK(Client("three_writes", shape) == "w200 s5ms w1000 s5ms w1000 r100");
  CHECK(Client("cork", shape) == "cork w200 s5ms w1000 uncork r100");
  const Traffic client = Named("two_writes", shape, Writer::kClient);
  CHECK(FormatScript(client.server) == "r1200 s50ms w100");
  CHECK(client.writer == Writer::kClient);
  CHECK(client.pattern == "two_writes");
  const Traffic server = Named("two_writes", shape, Writer::kServer);
  CHECK(FormatScript(server.client) == "w100 r1200");
  CHECK(FormatScript(server.server) == "r100 s50ms w200 s5ms w1000");
  const Traffic both = Named("two_writes", Shape{}, Writer::kBoth);
  CHECK(FormatScript(both.client) == "w200 w1000 r1200");
  CHECK(FormatScript(both.server) == "r1200 w200 w1000");
  CHECK(both.mss == 0);
  CHECK(both.client_options == EndOptions{});
}

TEST_CASE("named patterns: both ends agree, and every script can be written down") {
  for (const PatternEntry& entry : NamedPatterns()) {
    for (const Writer writer : {Writer::kClient, Writer::kServer, Writer::kBoth}) {
      CAPTURE(entry.name);
      CHECK_FALSE(entry.summary.empty());
      const Traffic traffic = Named(entry.name, Shape{}, writer);
      CHECK(BytesWritten(traffic.client) == BytesRead(traffic.server));
      CHECK(BytesWritten(traffic.server) == BytesRead(traffic.client));
      CHECK(ParseScript(FormatScript(traffic.client), "x") == traffic.client);
      CHECK(ParseScript(FormatScript(traffic.server), "x") == traffic.server);
    }
  }
}

TEST_CASE("named patterns: an unknown one is named with its nearest") {
  const Result<Traffic> traffic = NamedTraffic("two_write", Shape{}, Writer::kClient);
  REQUIRE_FALSE(traffic.has_value());
  CHECK(traffic.error().kind == ErrorKind::kUsage);
  CHECK(traffic.error().code == "no_such_pattern");
  CHECK(ErrorText(traffic.error(), Style{}) ==
        "error: no pattern 'two_write'               --pattern:1:1\n"
        "   1 | two_write\n"
        "     | ^^^^^^^^^  did you mean two_writes, one_write?\n");
  const Result<Traffic> strange = NamedTraffic("zzz", Shape{}, Writer::kClient);
  REQUIRE_FALSE(strange.has_value());
  CHECK(strange.error().hint.find("msg_more_left_open") != std::string::npos);
}

}  // namespace tunewire
