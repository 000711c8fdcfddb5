#include "report/layout.h"

#include <doctest/doctest.h>

using namespace tunewire;

TEST_CASE("Width is counted in columns, not in bytes") {
  CHECK(ShownWidth("") == 0);
  CHECK(ShownWidth("abc") == 3);
  CHECK(ShownWidth("→ …") == 3);
  CHECK(ShownWidth("日本") == 4);
  CHECK(ShownWidth("e\xCC\x81") == 1);
  CHECK(ShownWidth("\033[31mred\033[0m") == 3);
}

TEST_CASE("Padding never cuts") {
  CHECK(PadRight("ab", 4) == "ab  ");
  CHECK(PadLeft("ab", 4) == "  ab");
  CHECK(PadLeft("abcde", 4) == "abcde");
  CHECK(PadRight("ab", -3) == "ab");
}

TEST_CASE("Cutting ends with an ellipsis of the character set and keeps within the width") {
  Style style;
  CHECK(Cut("short", 5, style) == "short");
  CHECK(Cut("caps every listen(2) backlog", 20, style) == "caps every...");
  style.charset = Charset::kUtf8;
  CHECK(Cut("caps every listen(2) backlog", 21, style) == "caps every listen(2)…");
  for (int width = 3; width < 30; ++width)
    CHECK(ShownWidth(Cut("caps every listen(2) backlog", width, style)) <= width);
}

TEST_CASE("Cutting never splits a character") {
  const std::string text = "日本日本日本";
  CHECK(Cut(text, 8, Style{}) == "日本...");
}

TEST_CASE("Wrapping breaks at blanks only") {
  CHECK(Wrap("a bb ccc", 4) == std::vector<std::string>{"a bb", "ccc"});
  CHECK(Wrap("much-too-long x", 4) == std::vector<std::string>{"much-too-long", "x"});
  CHECK(Wrap("", 4).empty());
}

TEST_CASE("A column is as wide as most of its cells") {
  CHECK(CommonWidth({}, 40) == 0);
  CHECK(CommonWidth({10, 12}, 40) == 12);
  CHECK(CommonWidth({10, 10, 10, 10, 10, 10, 10, 39}, 40) == 10);
  CHECK(CommonWidth({10, 50}, 40) == 10);
}

TEST_CASE("The verdict's numbers stand beside it, or below where there is no room") {
  const Style style;
  CHECK(VerdictLine("OK", Tone::kGood, "web", "3 ok", style) ==
        "OK  web                              3 ok\n");
  CHECK(VerdictLine("OK", Tone::kGood, std::string(60, 'x'), "12 of 12 keys are right", style) ==
        "OK  " + std::string(60, 'x') + "\n  12 of 12 keys are right\n");
  CHECK(VerdictLine("HISTORY", Tone::kStrong, "", "", style) == "HISTORY\n");
}

TEST_CASE("Words are quoted for a shell only where they must be") {
  CHECK(ShellWord("http-server") == "http-server");
  CHECK(ShellWord("/srv/a b") == "'/srv/a b'");
  CHECK(ShellWord("it's") == "'it'\\''s'");
  CHECK(ShellWord("") == "''");
  CHECK(ShellWord("$(reboot)") == "'$(reboot)'");
}
