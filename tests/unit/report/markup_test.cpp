#include "report/markup.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

#include "markup_check.h"

using namespace tunewire;

TEST_CASE("Text from outside becomes harmless") {
  CHECK(EscapeMarkup("<script>alert('1' & \"2\")</script>") ==
        "&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;");
  CHECK(EscapeMarkup("plain 44.0 ms, \u00b5s, \u65e5\u672c") ==
        "plain 44.0 ms, \u00b5s, \u65e5\u672c");
  CHECK(EscapeMarkup(std::string("a\0b\n\x1b[31m", 9)) == "a\\x00b\\x0a\\x1b[31m");
  CHECK(EscapeMarkup("broken \xff\xc3") == "broken \\xff\\xc3");
  CHECK(EscapeMarkup("a\u202eb\u2066c\u2028d") == "a\uFFFDb\uFFFDc\uFFFDd");
  CHECK(EscapeMarkup("\xEF\xBF\xBE") == "\uFFFD");
  CHECK(EscapeMarkup("") == "");
}

TEST_CASE("Whatever bytes come, an attribute that holds them is well-formed") {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 500; ++round) {
    std::string text(40, ' ');
    for (char& c : text) c = static_cast<char>(byte(random));
    const std::string markup =
        "<p title=\"" + EscapeMarkup(text) + "\">" + EscapeMarkup(text) + "</p>";
    CHECK(MarkupCheck::Fault(markup) == std::nullopt);
  }
}

TEST_CASE("The check itself finds what is wrong") {
  for (const char* bad : {"<p>", "<p></b>", "<p a=1></p>", "<p a=\"1\" a=\"2\"></p>", "a & b",
                          "a > b", "<p onclick=\"x\"></p>", "<p a=\"x></p>"}) {
    CAPTURE(bad);
    CHECK(MarkupCheck::Fault(bad));
  }
  CHECK_FALSE(MarkupCheck::Fault("<p a=\"1\"><b/>x &amp; y</p>"));
}

TEST_CASE("Coordinates are short and finite") {
  CHECK(Coordinate(12) == "12");
  CHECK(Coordinate(12.34) == "12.3");
  CHECK(Coordinate(-0.01) == "0");
  CHECK(Coordinate(std::numeric_limits<double>::infinity()) == "0");
  CHECK(Coordinate(std::numeric_limits<double>::quiet_NaN()) == "0");
}

TEST_CASE("A drawing is one picture with a role and a label, and escapes its texts") {
  Drawing drawing(100);
  drawing.Line(0, 1, 2, 3, "grid");
  drawing.Rect(0, 0, -5, 4, "bar");
  drawing.Text(1, 2, Anchor::kEnd, "<b>", "tick");
  std::string path;
  Extend(path, 0, 1);
  Extend(path, 2, 3.25);
  drawing.Path(path, "curve");
  const std::string svg = drawing.Finish(50, "what \"it\" shows").markup;
  CHECK(MarkupCheck::Fault(svg) == std::nullopt);
  CHECK(svg.find("viewBox=\"0 0 100 50\"") != std::string::npos);
  CHECK(svg.find("role=\"img\" aria-label=\"what &quot;it&quot; shows\"") != std::string::npos);
  CHECK(svg.find("text-anchor=\"end\">&lt;b&gt;</text>") != std::string::npos);
  CHECK(svg.find("width=\"-") == std::string::npos);
  CHECK(svg.find("d=\"M0 1L2 3.3\"") != std::string::npos);
}

TEST_CASE("Labels are shortened to columns") {
  CHECK(Shortened("short", 10) == "short");
  CHECK(Shortened(std::string(1000, 'x'), 10).size() <= 12);
  CHECK(Shortened("\x1b[31mred", 30) == "\\x1b[31mred");
}
