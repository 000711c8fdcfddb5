#include "tune/import_ini.h"

#include <algorithm>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

std::string_view WithoutComment(std::string_view line) {
  for (auto hash = line.find('#'); hash != std::string_view::npos;
       hash = line.find('#', hash + 1)) {
    if (hash == 0 || kBlank.find(line[hash - 1]) != std::string_view::npos) {
      return line.substr(0, hash);
    }
  }
  return line;
}

class IniReader {
 public:
  void Line(std::string_view whole, int number) {
    const std::string_view first = Trim(whole);
    if (first.starts_with(';')) return;
    const std::string_view line = WithoutComment(whole);
    const std::string_view text = Trim(line);
    if (text.empty()) return;
    const auto indent = line.find_first_not_of(kBlank);
    if (option_ != nullptr && indent > indent_) {
      option_->value += "\n" + std::string(text);
      return;
    }
    indent_ = indent;
    if (text.front() == '[' && text.find(']') != std::string_view::npos) {
      file_.sections.push_back({std::string(text.substr(1, text.rfind(']') - 1)), number, {}});
      option_ = nullptr;
    } else {
      AddOption(line, number);
    }
  }

  IniFile Finish() && { return std::move(file_); }

 private:
  void AddOption(std::string_view line, int number) {
    const auto equals = line.find('=');
    const std::string_view name = Trim(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      file_.odd_lines.push_back(number);
      option_ = nullptr;
      return;
    }
    const std::string_view value = Trim(line.substr(equals + 1));
    if (file_.sections.empty()) file_.sections.push_back({"", number, {}});
    auto& options = file_.sections.back().options;
    const auto column = [&](std::string_view part) {
      return static_cast<int>(part.data() - line.data()) + 1;
    };
    options.push_back({std::string(name), std::string(value), number, column(name), column(value)});
    option_ = &options.back();
  }

  IniFile file_;
  IniOption* option_ = nullptr;
  std::size_t indent_ = 0;
};

}  // namespace

IniFile ParseIni(std::string_view text) {
  IniReader reader;
  int number = 0;
  for (const std::string& line : Split(text, '\n')) reader.Line(line, ++number);
  return std::move(reader).Finish();
}

}  // namespace tunewire
