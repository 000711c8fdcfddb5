#include "tune/pam_lines.h"

#include <algorithm>
#include <charconv>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr int kLongestJump = 1'000'000;

std::string_view WithoutLeading(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
}

std::string_view WithoutTrailing(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// A backslash ends the line, blanks behind it or not. A comment takes its meaning away.
bool IsContinued(std::string_view line) {
  return line.find('#') == std::string_view::npos && WithoutTrailing(line).ends_with('\\');
}

/// The word at the front of `text`, which begins with "["; "\]" stands for a bracket in it.
std::string TakeBracketed(std::string_view& text) {
  std::string word;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != ']'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ']') ++at;
    word += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

std::string TakePlain(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return std::string(word);
}

int JumpOf(std::string_view action) {
  int jump = 0;
  const auto [end, error] = std::from_chars(action.data(), action.data() + action.size(), jump);
  if (error == std::errc::result_out_of_range) return kLongestJump;
  const bool number = error == std::errc() && end == action.data() + action.size();
  return number ? std::clamp(jump, 0, kLongestJump) : 0;
}

}  // namespace

std::vector<PamLine> SplitPamLines(std::string_view text) {
  std::vector<PamLine> lines;
  PamLine open;
  int number = 0;
  const auto finish = [&] {
    if (!WithoutLeading(open.text).empty()) lines.push_back(std::move(open));
    open = {};
  };
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (open.number == 0) open.number = number;
    const bool continued = IsContinued(line);
    if (continued) line = WithoutTrailing(line).substr(0, WithoutTrailing(line).size() - 1);
    open.text += WithoutLeading(line.substr(0, line.find('#')));
    if (continued) open.text += ' ';
    if (!continued) finish();
  }
  finish();
  return lines;
}

std::vector<std::string> PamWords(std::string_view line) {
  std::vector<std::string> words;
  for (line = WithoutLeading(line); !line.empty(); line = WithoutLeading(line)) {
    words.push_back(line.front() == '[' ? TakeBracketed(line) : TakePlain(line));
  }
  return words;
}

PamControl ParsePamControl(std::string_view control) {
  if (control == "sufficient") return {true, 0};
  PamControl parsed;
  for (const std::string& word : SplitWords(control)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view action = std::string_view(word).substr(equals + 1);
    if (action == "done") parsed.ends_stack = true;
    parsed.jump = std::max(parsed.jump, JumpOf(action));
  }
  return parsed;
}

}  // namespace tunewire
