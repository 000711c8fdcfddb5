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

Excerpt MakeExcerpt(const SourcePlace& place, int width) {
  const auto column = static_cast<std::size_t>(std::max(place.column - 1, 0));
  const auto length = static_cast<std::size_t>(std::max(place.length, 1));
  const std::string_view line = place.excerpt;
  // Lines of hostile length: only the neighbourhood of the caret is looked at.
  const std::size_t start = column + 24 <= static_cast<std::size_t>(width) ? 0 : column - 20;
  Excerpt excerpt;
  const std::string before =
      Shown(Part(line, start, std::min(column, line.size()) - std::min(start, line.size())));
  const std::string bad = Shown(Part(line, column, std::min<std::size_t>(length, 200)));
  excerpt.text = before + bad + Shown(Part(line, column + length, 200));
  excerpt.caret = ShownWidth(before);
  excerpt.length = std::max(ShownWidth(bad), 1);
  return excerpt;
}

std::string CaretLines(const SourcePlace& place, std::string_view hint, const Style& style) {
  const std::string number = Format("{:>4}", place.line);
  const std::string gutter = std::string(number.size(), ' ') + " | ";
  const int room = style.columns - ShownWidth(gutter);
  Excerpt excerpt = MakeExcerpt(place, room);
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
  const bool has_caret = error.where && error.where->line > 0 && error.where->column > 0;
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
