#include "report/outcome_lines.h"

#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {

std::string OutcomeLine(std::string_view key, const NamedValues& values, Tone tone,
                        const Style& style) {
  constexpr int kKeyWidth = 34;
  const Marks& marks = MarksOf(style);
  const std::string_view mark = tone == Tone::kBad    ? marks.bad
                                : tone == Tone::kGood ? marks.good
                                                      : marks.warn;
  std::string shown;
  for (const auto& [name, value] : values) {
    if (!shown.empty()) shown += "   ";
    shown += std::string(name) + " " + (value.empty() ? "nothing" : Printable(value));
  }
  const std::string head = "  " + Paint(style, tone, mark) + " ";
  const std::string aligned = head + PadRight(Printable(key), kKeyWidth) + "  " + shown;
  if (ShownWidth(aligned) <= style.columns) return aligned + "\n";
  const std::string close = head + Printable(key) + "  " + shown;
  if (ShownWidth(close) <= style.columns) return close + "\n";
  std::string text = head + Printable(key) + "\n";
  for (const auto& [name, value] : values) {
    text += Indented(std::string(name) + " " + (value.empty() ? "nothing" : Printable(value)), 6,
                     style);
  }
  return text;
}

}  // namespace tunewire
