// limits.conf and limits.d.
#include <algorithm>

#include "base/format.h"
#include "profile/limit_items.h"
#include "tune/import_entries.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

struct Word {
  std::string text;
  int column = 0;
};

std::vector<Word> WordsOf(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < line.size();) {
    at = std::min(line.find_first_not_of(" \t\r", at), line.size());
    const auto end = std::min(line.find_first_of(" \t\r", at), line.size());
    if (end > at) {
      words.push_back({std::string(line.substr(at, end - at)), static_cast<int>(at) + 1});
    }
    at = end;
  }
  return words;
}

bool MeansUnlimited(std::string_view value) {
  return value == "unlimited" || value == "infinity" || value == "-1";
}

/// pam_limits: nice in limits.conf is the nice value, setrlimit(2) counts 20 minus it.
std::optional<std::uint64_t> NiceAmount(std::int64_t value) {
  if (value < -20 || value > 19) return std::nullopt;
  return static_cast<std::uint64_t>(20 - value);
}

}  // namespace

LimitLines ParseLimitLines(const std::string& file, std::string_view text) {
  LimitLines result;
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const std::string_view whole = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    const auto words = WordsOf(whole.substr(0, whole.find('#')));
    if (words.empty()) continue;
    const FileLine at{file, number};
    if (words.size() != 4) {
      result.bad.push_back({at, std::string(Trim(whole))});
      continue;
    }
    result.lines.push_back({words[0].text, words[1].text, words[2].text, words[3].text, at,
                            words[0].column, words[1].column, words[2].column, words[3].column});
  }
  return result;
}

LimitAmount ReadLimitAmount(std::string_view item, std::string_view value) {
  const LimitItem* known = FindLimitItem(item);
  if (known == nullptr) return {{}, Format("{} is no RLIMIT_ item", Printable(item))};
  if (MeansUnlimited(value) && item != "nice") {
    if (known->unlimited) return {kUnlimited, {}};
    return {{}, Format("{} cannot be unlimited", item)};
  }
  const auto number = ParseDecimal(value);
  if (!number) return {{}, Format("{} is no number", Printable(value))};
  if (item == "nice") {
    const auto amount = NiceAmount(*number);
    return {amount, amount ? "" : "nice goes from -20 to 19"};
  }
  const auto step = static_cast<std::int64_t>(known->login_step);
  if (*number < 0 || *number > INT64_MAX / step) return {{}, "out of range"};
  return {static_cast<std::uint64_t>(*number * step), {}};
}

void AddLimitsSource(const SourceText& source, ImportBasket& basket) {
  LimitLines parsed = ParseLimitLines(source.path, source.text);
  for (const BadLimitLine& bad : parsed.bad) {
    basket.Refuse(bad.at, Printable(bad.text.substr(0, 60)),
                  "not four words: <domain> <soft|hard|-> <item> <value>");
  }
  std::ranges::move(parsed.lines, std::back_inserter(basket.limits));
}

}  // namespace tunewire
