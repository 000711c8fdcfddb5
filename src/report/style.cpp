#include "report/style.h"

#include <algorithm>
#include <optional>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr Marks kAsciiMarks{"ok", "x", "~", "->", "...", "#", "."};
constexpr Marks kUtf8Marks{"✓", "✗", "~", "→", "…", "█", "░"};

std::string_view CodeOf(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\033[32m";
    case Tone::kBad:
      return "\033[31m";
    case Tone::kWarn:
      return "\033[33m";
    case Tone::kStrong:
      return "\033[1m";
    case Tone::kDim:
      return "\033[2m";
  }
  return "";
}

bool SaysUtf8(const StyleFacts& facts) {
  const std::string_view locale = !facts.lc_all.empty()     ? facts.lc_all
                                  : !facts.lc_ctype.empty() ? facts.lc_ctype
                                                            : facts.lang;
  std::string folded;
  for (const char c : locale) {
    if (c != '-') folded += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return folded.find("utf8") != std::string::npos;
}

int WidthOf(const StyleFacts& facts) {
  const std::optional<std::int64_t> asked =
      facts.columns.empty() ? std::nullopt : ParseDecimal(facts.columns);
  const std::int64_t width = asked && *asked > 0          ? *asked
                             : facts.terminal_columns > 0 ? facts.terminal_columns
                                                          : Style{}.columns;
  return static_cast<int>(std::clamp<std::int64_t>(width, kFewestColumns, kMostColumns));
}

bool WantsColor(const StyleFacts& facts, ColorWish wish) {
  if (wish != ColorWish::kAuto) return wish == ColorWish::kAlways;
  return facts.terminal && facts.no_color.empty() && facts.term != "dumb";
}

}  // namespace

const Marks& MarksOf(const Style& style) {
  return style.charset == Charset::kUtf8 ? kUtf8Marks : kAsciiMarks;
}

std::string Paint(const Style& style, Tone tone, std::string_view text) {
  if (style.ink == Ink::kPlain) return std::string(text);
  return std::string(CodeOf(tone)) + std::string(text) + "\033[0m";
}

Style ChooseStyle(const StyleFacts& facts, ColorWish wish, Detail detail) {
  Style style;
  style.columns = WidthOf(facts);
  style.charset = SaysUtf8(facts) ? Charset::kUtf8 : Charset::kAscii;
  style.ink = WantsColor(facts, wish) ? Ink::kColor : Ink::kPlain;
  style.detail = detail;
  return style;
}

}  // namespace tunewire
