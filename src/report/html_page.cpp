#include "report/html_page.h"

#include "base/format.h"
#include "report/html_style.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Element(std::string_view name, std::string_view text) {
  return text.empty() ? "" : Format("<{0}>{1}</{0}>\n", name, EscapeMarkup(text));
}

std::string_view ClassOf(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kWarn:
      return "warn";
    default:
      return "plain";
  }
}

std::string Row(std::string_view cell, const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    row += Format("<{0}{2}>{1}</{0}>", cell, EscapeMarkup(cells[i]),
                  cell == "th" ? " scope=\"col\"" : "");
  }
  return row + "</tr>\n";
}

struct BlockMarkup {
  std::string operator()(const HtmlText& block) const { return Element("p", block.text); }

  std::string operator()(const HtmlList& block) const {
    if (block.items.empty()) return "";
    std::string items;
    for (const std::string& item : block.items) items += Element("li", item);
    return "<ul>\n" + items + "</ul>\n";
  }

  std::string operator()(const HtmlVerbatim& block) const {
    std::string lines;
    for (const std::string& line : Split(block.text, '\n')) lines += EscapeMarkup(line) + "\n";
    return block.text.empty() ? "" : "<pre>" + lines + "</pre>\n";
  }

  std::string operator()(const HtmlTable& block) const {
    std::string table = "<div class=\"scroll\"><table>\n" + Element("caption", block.caption);
    if (!block.head.empty()) table += "<thead>" + Row("th", block.head) + "</thead>\n";
    table += "<tbody>\n";
    for (const auto& row : block.rows) table += Row("td", row);
    return table + "</tbody></table></div>\n";
  }

  std::string operator()(const HtmlFigure& block) const {
    std::string figure = "<figure><div class=\"pictures\">\n";
    for (const Svg& picture : block.pictures) figure += picture.markup;
    return figure + "</div>\n" + Element("figcaption", block.caption) + "</figure>\n";
  }
};

std::string SectionMarkup(const HtmlSection& section) {
  std::string markup = "<section>\n" + Element("h2", section.heading);
  for (const HtmlBlock& block : section.blocks) markup += std::visit(BlockMarkup{}, block);
  return markup + "</section>\n";
}

// Nothing is fetched and nothing runs, whatever a text in the page may look like.
constexpr std::string_view kHead = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="tunewire">
)html";

}  // namespace

std::string HtmlPage(const HtmlReport& report) {
  std::string page(kHead);
  page += Element("title", report.finding);
  page += Format("<style>{}</style>\n</head>\n<body>\n", kHtmlStyle);
  page += Format("<header class=\"{}\">\n", ClassOf(report.tone));
  if (!report.word.empty()) {
    page += Format("<div class=\"word\">{}</div>\n", EscapeMarkup(report.word));
  }
  page += Element("h1", report.finding) + Element("p", report.detail) + "</header>\n<main>\n";
  for (const HtmlSection& section : report.sections) page += SectionMarkup(section);
  return page + "</main>\n" + Element("footer", report.footer) + "</body>\n</html>\n";
}

}  // namespace tunewire
