// Lines that fit: padding, cutting and wrapping by what a terminal shows, not by bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/style.h"

namespace tunewire {

/// Columns that `text` takes on a terminal; colour codes take none.
int ShownWidth(std::string_view text);

std::string PadRight(std::string text, int width);
std::string PadLeft(std::string text, int width);

/// `text`, or as much of it as fits with an ellipsis behind; whole words where that costs little.
/// Precondition: no colour codes.
std::string Cut(std::string_view text, int width, const Style& style);

/// A column's width that suits most of its cells: the longest eighth may push their own rows, and
/// those above `most` do not count.
int CommonWidth(std::vector<int> widths, int most);

/// Lines of at most `width` columns, broken at spaces; a longer word stands on its own line.
std::vector<std::string> Wrap(std::string_view text, int width);

/// `text` wrapped, every line behind `indent` blanks and ended by a newline.
std::string Indented(std::string_view text, int indent, const Style& style);

/// "WORD  subject            numbers": the first line of every report. What does not fit beside
/// stands below. `subject` and `numbers` must be safe for a terminal.
std::string VerdictLine(std::string_view word, Tone tone, std::string_view subject,
                        std::string_view numbers, const Style& style);

/// "3 keys", "1 key".
std::string Count(long long number, std::string_view one, std::string_view many);

/// A word as a POSIX shell reads it back: quoted where it holds more than plain letters.
std::string ShellWord(std::string_view word);

}  // namespace tunewire
