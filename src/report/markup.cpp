#include "report/markup.h"

#include <cmath>

#include "base/format.h"
#include "report/layout.h"
#include "report/style.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Characters that are well-formed UTF-8 and still may not pass: overrides and isolates of the
/// writing direction (U+200E, U+200F, U+202A..E, U+2066..9), line separators (U+2028, U+2029), and
/// U+FFFE, U+FFFF, which XML does not know.
bool Misleads(std::string_view character) {
  if (character.size() != 3) return false;
  const auto last = static_cast<unsigned char>(character[2]);
  if (character.starts_with("\xE2\x80"))
    return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  if (character.starts_with("\xE2\x81")) return last >= 0xA6 && last <= 0xA9;
  return character.starts_with("\xEF\xBF") && last >= 0xBE;
}

std::string_view Reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

std::string_view WordOf(Anchor anchor) {
  return anchor == Anchor::kStart ? "start" : anchor == Anchor::kMiddle ? "middle" : "end";
}

}  // namespace

std::string EscapeMarkup(std::string_view text) {
  const std::string safe = Printable(text);
  std::string escaped;
  for (std::string_view rest = safe; !rest.empty();) {
    const std::string_view character = rest.substr(0, std::max<std::size_t>(Utf8Length(rest), 1));
    const std::string_view reference = Reference(character.front());
    escaped += !reference.empty() ? reference : Misleads(character) ? kReplacement : character;
    rest.remove_prefix(character.size());
  }
  return escaped;
}

std::string Shortened(std::string_view text, int columns) {
  Style style;
  style.charset = Charset::kUtf8;
  return Cut(Printable(text), columns, style);
}

double TextWidth(std::string_view text) { return 7.2 * ShownWidth(Printable(text)); }

std::string Coordinate(double value) {
  if (!std::isfinite(value)) return "0";
  const double rounded = std::round(value * 10) / 10;
  if (rounded == 0) return "0";  // and never "-0"
  return rounded == std::round(rounded) ? Format("{:.0f}", rounded) : Format("{:.1f}", rounded);
}

void Extend(std::string& path, double x, double y) {
  path += path.empty() ? 'M' : 'L';
  path += Coordinate(x) + " " + Coordinate(y);
}

void Drawing::Line(double x1, double y1, double x2, double y2, std::string_view classes) {
  body_ += Format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes,
                  Coordinate(x1), Coordinate(y1), Coordinate(x2), Coordinate(y2));
}

void Drawing::Rect(double x, double y, double width, double height, std::string_view classes) {
  body_ += Format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", classes,
                  Coordinate(x), Coordinate(y), Coordinate(std::max(width, 0.0)),
                  Coordinate(std::max(height, 0.0)));
}

void Drawing::Text(double x, double y, Anchor anchor, std::string_view text,
                   std::string_view classes) {
  body_ += Format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", classes,
                  Coordinate(x), Coordinate(y), WordOf(anchor), EscapeMarkup(text));
}

void Drawing::Path(std::string_view path, std::string_view classes) {
  body_ += Format("<path class=\"{}\" d=\"{}\"/>\n", classes, path);
}

Svg Drawing::Finish(double height, std::string_view label) const {
  return {
      Format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" "
             "height=\"{}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
             Coordinate(width_), Coordinate(height), Coordinate(width_), Coordinate(height),
             EscapeMarkup(label), body_)};
}

}  // namespace tunewire
