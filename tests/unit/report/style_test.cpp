#include "report/style.h"

#include <doctest/doctest.h>

using namespace tunewire;

namespace {

Style Chosen(const StyleFacts& facts, ColorWish wish = ColorWish::kAuto) {
  return ChooseStyle(facts, wish, Detail::kNormal);
}

}  // namespace

TEST_CASE("The width is the terminal's or COLUMNS, within 60 and 120") {
  CHECK(Chosen({}).columns == 80);
  CHECK(Chosen({.terminal_columns = 100}).columns == 100);
  CHECK(Chosen({.columns = "90", .terminal_columns = 100}).columns == 90);
  CHECK(Chosen({.columns = "20"}).columns == 60);
  CHECK(Chosen({.columns = "999999999999"}).columns == 120);
  CHECK(Chosen({.columns = "wide", .terminal_columns = 70}).columns == 70);
  CHECK(Chosen({.columns = "-5"}).columns == 80);
}

TEST_CASE("UTF-8 where the locale in force says so") {
  CHECK(Chosen({}).charset == Charset::kAscii);
  CHECK(Chosen({.lang = "en_US.UTF-8"}).charset == Charset::kUtf8);
  CHECK(Chosen({.lc_all = "C", .lang = "en_US.UTF-8"}).charset == Charset::kAscii);
  CHECK(Chosen({.lc_ctype = "C.utf8", .lang = "C"}).charset == Charset::kUtf8);
  CHECK(Chosen({.lang = "de_DE.ISO-8859-1"}).charset == Charset::kAscii);
}

TEST_CASE("Colour on a terminal, unless somebody objects") {
  CHECK(Chosen({.terminal = true}).ink == Ink::kColor);
  CHECK(Chosen({}).ink == Ink::kPlain);
  CHECK(Chosen({.no_color = "1", .terminal = true}).ink == Ink::kPlain);
  CHECK(Chosen({.term = "dumb", .terminal = true}).ink == Ink::kPlain);
  CHECK(Chosen({.no_color = "1"}, ColorWish::kAlways).ink == Ink::kColor);
  CHECK(Chosen({.terminal = true}, ColorWish::kNever).ink == Ink::kPlain);
}

TEST_CASE("Paint adds nothing where plain") {
  CHECK(Paint(Style{}, Tone::kBad, "x") == "x");
  CHECK(Paint(Style{.ink = Ink::kColor}, Tone::kBad, "x") == "\033[31mx\033[0m");
}
