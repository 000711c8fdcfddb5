// The frame of an HTML report: one self-contained page without script, whose title is the finding.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "report/markup.h"
#include "report/style.h"

namespace tunewire {

/// All text is plain text from anywhere: escaped by HtmlPage.
struct HtmlText {
  std::string text;
};

struct HtmlList {
  std::vector<std::string> items;
};

/// Fixed-width text, as on a terminal.
struct HtmlVerbatim {
  std::string text;
};

/// The first column is text and stands left, all others are figures and stand right.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

/// Pictures side by side where there is room, with a line below.
struct HtmlFigure {
  std::vector<Svg> pictures;
  std::string caption;
};

using HtmlBlock = std::variant<HtmlText, HtmlList, HtmlVerbatim, HtmlTable, HtmlFigure>;

struct HtmlSection {
  std::string heading;
  std::vector<HtmlBlock> blocks;
};

struct HtmlReport {
  std::string word;  ///< "STALLS": the verdict's word
  Tone tone = Tone::kGood;
  std::string finding;  ///< one sentence: the page's title
  std::string detail;   ///< below it: "Nagle + delayed ACK, confirmed"
  std::vector<HtmlSection> sections;
  std::string footer;  ///< what was run, where, when
};

/// A page of a few kilobytes around what it is given; with the pictures' own bounds, a report of a
/// dozen runs stays far below 200 KiB.
std::string HtmlPage(const HtmlReport& report);

}  // namespace tunewire
