#include "report/error_text.h"

#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// A line of a file with a window of it that fits, and where the caret goes in that window.
struct Excerpt {
  std::string text;
  int caret = 0;
  int length = 1;
};

/// A tab would move the caret by an unknown width, so it is shown as one blank.
std::string Shown(std::string_view bytes) {
  std::string flat(bytes);
  std::replace(flat.begin(), flat.end(), '\t', ' ');
  return Printable(flat);
}

std::string_view Part(std::string_view text, std::size_t from, std::size_t length) {
  return from >= text.size() ? std::string_view() : text.substr(from, length);
}

/// Where the shown window of a line begins, so that the caret and what follows it are in sight.
std::size_t WindowStart(std::size_t line, std::size_t column, std::size_t width) {
  constexpr std::size_t kContext = 20;
  if (line <= width || column < kContext) return 0;
  return std::min(column - kContext, line - width);
}

Excerpt MakeExcerpt(const SourcePlace& place, int width, const Style& style) {
  // Lines of hostile length: only the neighbourhood of the caret is looked at.
  constexpr std::size_t kMost = 200;
  const std::string_view line = place.excerpt;
  const std::size_t column =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(place.column - 1, 0)), line.size());
  const auto length = static_cast<std::size_t>(std::max(place.length, 1));
  const std::string_view ellipsis = MarksOf(style).ellipsis;
  const auto room = static_cast<std::size_t>(width - ShownWidth(ellipsis));
  const std::size_t start = WindowStart(line.size(), column, room);
  std::string before = Shown(Part(line, start, column - start));
  if (start > 0) before.insert(0, ellipsis);
  const std::string bad = Shown(Part(line, column, std::min(length, kMost)));
  Excerpt excerpt;
  excerpt.text = before + bad + Shown(Part(line, column + length, kMost));
  excerpt.caret = ShownWidth(before);
  excerpt.length = std::max(ShownWidth(bad), 1);
  return excerpt;
}

std::string CaretLines(const SourcePlace& place, std::string_view hint, const Style& style) {
  const std::string number = Format("{:>4}", place.line);
  const std::string gutter = std::string(number.size(), ' ') + " | ";
  const int room = style.columns - ShownWidth(gutter);
  Excerpt excerpt = MakeExcerpt(place, room, style);
  excerpt.length = std::min(excerpt.length, std::max(room - excerpt.caret, 1));
  std::string lines = number + " | " + Cut(excerpt.text, room, style) + "\n";
  const std::string carets(static_cast<std::size_t>(excerpt.length), '^');
  lines += gutter + std::string(static_cast<std::size_t>(excerpt.caret), ' ') +
           Paint(style, Tone::kBad, carets);
  if (hint.empty()) return lines + "\n";
  if (excerpt.caret + excerpt.length + 2 + ShownWidth(hint) <= room) {
    return lines + "  " + std::string(hint) + "\n";
  }
  lines += "\n";
  for (const std::string& line : Wrap(hint, room)) lines += gutter + line + "\n";
  return lines;
}

/// "error: message" with the place at the right, or below where there is no room.
std::string Headline(const Error& error, const Style& style) {
  constexpr int kPlaceAt = 44;
  const std::string label = Paint(style, Tone::kBad, "error:");
  const std::string message = Printable(error.message);
  const std::string place = error.where ? Printable(WhereText(error)) : std::string();
  const int used = 7 + ShownWidth(message);
  const int gap = std::max(kPlaceAt - used, 2);
  if (place.empty() || used + gap + ShownWidth(place) <= style.columns) {
    std::string line = label + " " + message;
    if (!place.empty()) line += std::string(static_cast<std::size_t>(gap), ' ') + place;
    if (ShownWidth(line) <= style.columns) return line + "\n";
  }
  std::string block;
  for (const std::string& line : Wrap(message, style.columns - 7)) {
    block += (block.empty() ? label + " " : std::string(7, ' ')) + line + "\n";
  }
  if (!place.empty()) block += "  at " + place + "\n";
  return block;
}

}  // namespace

std::string WhereText(const Error& error) {
  if (!error.where) return error.subject;
  const SourcePlace& place = *error.where;
  if (place.line <= 0) return place.file;
  if (place.column <= 0) return Format("{}:{}", place.file, place.line);
  return Format("{}:{}:{}", place.file, place.line, place.column);
}

std::string ErrorText(const Error& error, const Style& style) {
  std::string text = Headline(error, style);
  const std::string hint = Printable(error.hint);
  const bool has_caret = error.where && error.where->line > 0 && error.where->column > 0 &&
                         !error.where->excerpt.empty();
  if (has_caret) return text + CaretLines(*error.where, hint, style);
  if (!hint.empty()) {
    const std::vector<std::string> lines = Wrap(hint, style.columns - 8);
    for (std::size_t i = 0; i < lines.size(); ++i)
      text += (i == 0 ? "  hint: " : "        ") + lines[i] + "\n";
  }
  return text;
}

std::string ErrorsText(std::span<const Error> errors, HostTouched touched, const Style& style) {
  std::string text;
  for (const Error& error : errors) text += ErrorText(error, style);
  if (!errors.empty() && touched == HostTouched::kNo) text += "nothing was changed.\n";
  return text;
}

}  // namespace tunewire
