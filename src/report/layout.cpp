#include "report/layout.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/format.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

struct Range {
  std::uint32_t first, last;
};

// The blocks that terminals show two columns wide, coarsely (Unicode's East Asian Width W and F).
constexpr std::array<Range, 8> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> kNoWidth{
    {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool Within(const std::array<Range, N>& ranges, std::uint32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

/// Length in bytes of the character at the front of `text`; malformed bytes count one each.
std::size_t CharacterLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

int CharacterWidth(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return 1;
  std::uint32_t point = lead & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1))
    point = (point << 6) | (static_cast<unsigned char>(c) & 0x3F);
  if (Within(kNoWidth, point)) return 0;
  return Within(kWide, point) ? 2 : 1;
}

/// Bytes of a colour code at the front of `text`, 0 where there is none.
std::size_t ColorCodeLength(std::string_view text) {
  if (!text.starts_with("\033[")) return 0;
  const std::size_t end = text.find('m');
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

int ShownWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const std::size_t code = ColorCodeLength(text);
    const std::size_t length = code != 0 ? code : CharacterLength(text);
    if (code == 0) width += CharacterWidth(text.substr(0, length));
    text.remove_prefix(length);
  }
  return width;
}

std::string PadRight(std::string text, int width) {
  const int missing = width - ShownWidth(text);
  if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string PadLeft(std::string text, int width) {
  const int missing = width - ShownWidth(text);
  if (missing > 0) text.insert(0, static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string Cut(std::string_view text, int width, const Style& style) {
  if (ShownWidth(text) <= width) return std::string(text);
  const std::string_view ellipsis = MarksOf(style).ellipsis;
  const int room = width - ShownWidth(ellipsis);
  std::size_t end = 0;
  for (int used = 0; end < text.size();) {
    const std::size_t length = CharacterLength(text.substr(end));
    used += CharacterWidth(text.substr(end, length));
    if (used > room) break;
    end += length;
  }
  const std::size_t space = text.substr(0, end + 1).rfind(' ');
  if (space != std::string_view::npos && space + 12 > end) end = space;
  return std::string(Trim(text.substr(0, end))) + std::string(ellipsis);
}

int CommonWidth(std::vector<int> widths, int most) {
  std::erase_if(widths, [most](int width) { return width > most; });
  if (widths.empty()) return 0;
  std::sort(widths.begin(), widths.end());
  return widths[widths.size() - 1 - widths.size() / 8];
}

std::vector<std::string> Wrap(std::string_view text, int width) {
  std::vector<std::string> lines;
  for (std::string& word : SplitWords(text)) {
    if (lines.empty() || ShownWidth(lines.back()) + 1 + ShownWidth(word) > width) {
      lines.push_back(std::move(word));
    } else {
      lines.back() += " " + word;
    }
  }
  return lines;
}

std::string Indented(std::string_view text, int indent, const Style& style) {
  std::string block;
  for (const std::string& line : Wrap(text, style.columns - indent)) {
    block += std::string(static_cast<std::size_t>(indent), ' ') + line + "\n";
  }
  return block;
}

std::string VerdictLine(std::string_view word, Tone tone, std::string_view subject,
                        std::string_view numbers, const Style& style) {
  constexpr int kNumbersAt = 37;
  std::string line = Paint(style, tone, word);
  if (!subject.empty()) line += "  " + std::string(subject);
  if (numbers.empty()) return line + "\n";
  const int gap = std::max(kNumbersAt - ShownWidth(line), 2);
  if (ShownWidth(line) + gap + ShownWidth(numbers) <= style.columns) {
    return line + std::string(static_cast<std::size_t>(gap), ' ') + std::string(numbers) + "\n";
  }
  if (ShownWidth(line) + 2 + ShownWidth(numbers) <= style.columns) {
    return line + "  " + std::string(numbers) + "\n";
  }
  return line + "\n" + Indented(numbers, 2, style);
}

std::string Count(long long number, std::string_view one, std::string_view many) {
  return Format("{} {}", number, number == 1 ? one : many);
}

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace tunewire
