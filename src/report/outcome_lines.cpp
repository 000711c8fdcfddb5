#include "report/outcome_lines.h"

#include <algorithm>

#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string NamedText(std::string_view name, const std::string& value) {
  return std::string(name) + (name.empty() ? "" : " ") +
         (value.empty() ? "nothing" : Printable(value));
}

std::string OnOneLine(const NamedValues& values) {
  std::string shown;
  for (const auto& [name, value] : values) {
    if (!shown.empty()) shown += "   ";
    shown += NamedText(name, value);
  }
  return shown;
}

std::string HeadOf(Tone tone, const Style& style) {
  const Marks& marks = MarksOf(style);
  const std::string_view mark = tone == Tone::kBad    ? marks.bad
                                : tone == Tone::kGood ? marks.good
                                                      : marks.warn;
  return "  " + Paint(style, tone, mark) + " ";
}

std::string Stacked(const NamedValues& values, int indent, const Style& style) {
  std::string text;
  for (const auto& [name, value] : values) text += Indented(NamedText(name, value), indent, style);
  return text;
}

bool Fits(const std::string& text, const Style& style) {
  return std::ranges::all_of(Split(text, '\n'), [&style](const std::string& line) {
    return ShownWidth(line) <= style.columns;
  });
}

}  // namespace

std::string OutcomeLine(std::string_view key, const NamedValues& values, Tone tone,
                        const Style& style) {
  constexpr int kKeyWidth = 34;
  const std::string head = HeadOf(tone, style), shown = OnOneLine(values);
  const std::string aligned = head + PadRight(Printable(key), kKeyWidth) + "  " + shown;
  if (ShownWidth(aligned) <= style.columns) return aligned + "\n";
  const std::string close = head + Printable(key) + "  " + shown;
  if (ShownWidth(close) <= style.columns) return close + "\n";
  return head + Printable(key) + "\n" + Stacked(values, 6, style);
}

std::string AlignedOutcomeLine(std::string_view key, int key_width, const NamedValues& values,
                               Tone tone, const Style& style) {
  const std::string head = HeadOf(tone, style) + PadRight(Printable(key), key_width) + "  ";
  const std::string whole = head + OnOneLine(values);
  if (ShownWidth(whole) <= style.columns) return whole + "\n";
  const int indent = ShownWidth(head);
  const std::string below = Stacked(values, indent, style);
  if (Fits(below, style)) return head + below.substr(static_cast<std::size_t>(indent));
  return HeadOf(tone, style) + Printable(key) + "\n" + Stacked(values, 6, style);
}

}  // namespace tunewire
