// saptune notes: [sysctl] and [limits]; everything else is named.
#include <algorithm>

#include "base/format.h"
#include "tune/import_entries.h"
#include "tune/import_ini.h"
#include "tune/sysctl_conf.h"
#include "tune/sysctl_conf_value.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// A line of a note: parameter, one of = < > <= >=, value with or without quotes.
struct NoteLine {
  std::string key;
  std::string op;
  std::string value;
};

std::string_view WithoutQuotes(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of("\"'"), text.size());
  text.remove_prefix(begin);
  const auto last = text.find_last_not_of("\"'");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// A trailing comment is a '#' between a blank and anything but another '#'.
std::string_view WithoutTrailingComment(std::string_view line) {
  for (std::size_t at = 1; at + 1 < line.size(); ++at) {
    const bool blank = line[at - 1] == ' ' || line[at - 1] == '\t';
    if (blank && line[at] == '#' && line[at + 1] != '#') return line.substr(0, at - 1);
  }
  return line;
}

std::optional<NoteLine> ReadNoteLine(std::string_view line) {
  const auto op = line.find_first_of("<=>");
  if (op == std::string_view::npos) return std::nullopt;
  const auto after = std::min(line.find_first_not_of("<=>", op), line.size());
  const std::string_view key = Trim(line.substr(0, op));
  if (key.empty() || key.find_first_of(" \t/") != std::string_view::npos) return std::nullopt;
  return NoteLine{std::string(key), std::string(line.substr(op, after - op)),
                  std::string(WithoutQuotes(Trim(line.substr(after))))};
}

class NoteReader {
 public:
  NoteReader(const SourceText& source, ImportBasket& basket) : source_(source), basket_(basket) {}

  void Read() {
    int number = 0;
    for (const std::string& whole : Split(source_.text, '\n')) {
      ++number;
      const std::string_view line = Trim(whole);
      if (line.empty() || line.starts_with('#')) continue;
      if (line.starts_with('[')) {
        EnterSection(line, number);
      } else if (!skip_) {
        ReadLine(WithoutTrailingComment(line), number);
      }
    }
  }

 private:
  [[nodiscard]] FileLine At(int number) const { return {source_.path, number}; }

  void EnterSection(std::string_view line, int number) {
    section_ = std::string(line.substr(1, line.rfind(']') - 1));
    const bool plain = section_ == "sysctl" || section_ == "limits";
    skip_ = !plain;
    if (plain || section_ == "version" || section_ == "reminder") return;
    const bool tagged = section_.starts_with("sysctl:") || section_.starts_with("limits:");
    basket_.Refuse(At(number), Format("[{}]", Printable(section_)),
                   tagged ? "it holds only for some systems: import its lines by hand where they "
                            "hold for yours"
                          : "only [sysctl] and [limits] have a place in a profile");
  }

  void ReadLine(std::string_view line, int number) {
    const auto read = ReadNoteLine(line);
    if (!read) {
      basket_.Refuse(At(number), Printable(line.substr(0, 60)), "saptune does not read this line");
    } else if (section_ == "limits") {
      AddLimits(read->value, number);
    } else if (!read->value.empty()) {
      // An empty value means "leave it".
      AddSysctl(*read, number);
    }
  }

  /// One number for a key of several fields: "<" means the first, ">" the last; saptune leaves
  /// the key alone otherwise.
  void AddSysctl(const NoteLine& read, int number) {
    using Kind = ImportEntry::Kind;
    const auto key = SysctlKey::Parse(read.key);
    const Tunable* tunable = key ? FindTunable(*key) : nullptr;
    const std::size_t fields = HoldsNumbers(tunable) ? tunable->fields.size() : 0;
    const std::size_t words = SplitWords(read.value).size();
    Kind kind = Kind::kSet;
    if (fields > 1 && words != fields) {
      if (words > 1 || read.op == "=") {
        basket_.Refuse(At(number), read.key, Format("it has {} fields: saptune leaves it", fields));
        return;
      }
      kind = read.op.starts_with('<') ? Kind::kFirst : Kind::kLast;
    }
    basket_.entries.push_back(
        {kind, read.key, SystemdKeyPath(read.key), read.value, false, At(number)});
  }

  void AddLimits(std::string_view value, int number) {
    for (const std::string& part : Split(value, ',')) {
      LimitLines parsed = ParseLimitLines(source_.path, part);
      for (LimitLine& line : parsed.lines) {
        line.at.line = number;
        basket_.limits.push_back(std::move(line));
      }
      for (const BadLimitLine& bad : parsed.bad) {
        basket_.Refuse(At(number), Printable(bad.text.substr(0, 60)),
                       "not four words: <domain> <soft|hard|-> <item> <value>");
      }
    }
  }

  const SourceText& source_;
  ImportBasket& basket_;
  std::string section_;
  bool skip_ = true;
};

}  // namespace

void AddSaptuneSource(const SourceText& source, ImportBasket& basket) {
  NoteReader(source, basket).Read();
}

}  // namespace tunewire
