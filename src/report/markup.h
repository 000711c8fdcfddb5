// Text made safe for HTML and SVG, and the little drawing that charts need.
#pragma once

#include <string>
#include <string_view>

namespace tunewire {

/// A finished picture: one <svg> element. A type of its own, so that text from outside is never
/// taken for markup.
struct Svg {
  std::string markup;

  bool operator==(const Svg&) const = default;
};

/// Text from outside as it may stand between tags and inside quoted attributes. Control bytes and
/// broken UTF-8 become \xNN; what turns the direction of writing or is no XML character becomes
/// U+FFFD.
std::string EscapeMarkup(std::string_view text);

/// At most `columns` columns of it, cut with an ellipsis; not yet escaped.
std::string Shortened(std::string_view text, int columns);

/// About how wide a text of the charts' size is, in the picture's units: wide enough for every
/// common sans-serif font.
double TextWidth(std::string_view text);

enum class Anchor { kStart, kMiddle, kEnd };

/// Builds one picture. Coordinates are units of the view box, which the page shows about 1:1.
/// `classes` name rules of HtmlPage's style sheet.
class Drawing {
 public:
  explicit Drawing(double width) : width_(width) {}

  void Line(double x1, double y1, double x2, double y2, std::string_view classes);
  void Rect(double x, double y, double width, double height, std::string_view classes);
  /// `text` is escaped here.
  void Text(double x, double y, Anchor anchor, std::string_view text, std::string_view classes);
  /// Coordinates as an SVG path wants them: "M0 0L5.5 7".
  void Path(std::string_view path, std::string_view classes);

  /// `label` says in words what the picture shows.
  [[nodiscard]] Svg Finish(double height, std::string_view label) const;

 private:
  double width_;
  std::string body_;
};

/// "12.3": a coordinate, one decimal at most.
std::string Coordinate(double value);

/// "M1 2L3 4": appends a point to a path.
void Extend(std::string& path, double x, double y);

}  // namespace tunewire
