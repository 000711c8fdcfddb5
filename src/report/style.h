// How a report may look: width, character set, colour, amount. Reports are functions of data and
// one of these; nothing here asks the terminal.
#pragma once

#include <string>
#include <string_view>

namespace tunewire {

enum class Charset { kAscii, kUtf8 };
enum class Ink { kPlain, kColor };
enum class Detail { kQuiet, kNormal, kVerbose };

struct Style {
  int columns = 80;
  Charset charset = Charset::kAscii;
  Ink ink = Ink::kPlain;
  Detail detail = Detail::kNormal;
};

inline constexpr int kFewestColumns = 60;
inline constexpr int kMostColumns = 120;

enum class Tone { kGood, kBad, kWarn, kStrong, kDim };

/// The small signs of a report; each has an ASCII form that says the same.
struct Marks {
  std::string_view good, bad, warn, arrow, ellipsis, bar_done, bar_rest;
};

const Marks& MarksOf(const Style& style);

/// `text` in a tone, where colour is on. `text` must already be safe for a terminal.
std::string Paint(const Style& style, Tone tone, std::string_view text);

/// What decides about a style: the environment and the streams, as plain text and numbers.
struct StyleFacts {
  std::string_view lc_all, lc_ctype, lang, columns, no_color, term;
  bool terminal = false;  ///< the stream is one
  int terminal_columns = 0;
};

enum class ColorWish { kAuto, kAlways, kNever };

/// Pure. COLUMNS beats the terminal's width; both are held within 60 and 120.
Style ChooseStyle(const StyleFacts& facts, ColorWish wish, Detail detail);

}  // namespace tunewire
