#include "report/item_text.h"

#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/tune_report.h"
#include "tune/file_item.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/limits.h"

namespace tunewire {

std::string ItemTitle(ItemKind kind, const std::string& name) {
  if (kind != ItemKind::kLimit) return Printable(name);
  // "nofile 812 1234567 nginx": the start time means nothing to people.
  std::vector<std::string> words = SplitWords(name);
  if (words.size() < 3) return Printable(name);
  const std::string item = words[0], pid = words[1];
  words.erase(words.begin(), words.begin() + 3);
  const std::string command = Join(words, " ");
  return Printable(command.empty() ? Format("{} of pid {}", item, pid)
                                   : Format("{} of {} (pid {})", item, command, pid));
}

std::string ItemValue(ItemKind kind, const std::string& shown) {
  if (kind != ItemKind::kLimit) return shown;
  const std::vector<std::string> words = SplitWords(shown);
  if (words.size() != 2) return shown;
  return words[0] == words[1] ? words[0] : Format("{} (hard {})", words[0], words[1]);
}

std::string RawItemValue(ItemKind kind, const std::string& raw) {
  if (kind != ItemKind::kFile) return ItemValue(kind, OneLine(raw));
  if (!IsFileState(raw)) return "no file";
  return Count(std::ssize(raw) - 1 - static_cast<std::ptrdiff_t>(raw.find('\n')), "byte", "bytes");
}

std::string CountItems(int keys, int limits, int files) {
  std::vector<std::string> parts;
  if (keys > 0 || limits + files == 0) parts.push_back(Count(keys, "key", "keys"));
  if (limits > 0) parts.push_back(Count(limits, "limit", "limits"));
  if (files > 0) parts.push_back(Count(files, "file", "files"));
  const std::string last = parts.back();
  parts.pop_back();
  return parts.empty() ? last : Join(parts, ", ") + " and " + last;
}

int CountKind(const std::vector<ItemOutcome>& items, ItemKind kind) {
  return static_cast<int>(std::ranges::count(items, kind, &ItemOutcome::kind));
}

std::string CountItems(const std::vector<ItemOutcome>& items) {
  return CountItems(CountKind(items, ItemKind::kSysctl), CountKind(items, ItemKind::kLimit),
                    CountKind(items, ItemKind::kFile));
}

std::string LimitTitle(const LimitChange& change) {
  const LimitSetting& limit = change.setting;
  if (change.process) {
    return Printable(
        Format("{} {} (pid {})", limit.item, change.process->command, change.process->id.pid));
  }
  const bool logins = limit.target == LimitTarget::kLogins;
  return Printable(Format("{} {}{}", limit.item, limit.subject, logins ? " (logins)" : ""));
}

std::string_view LimitTargetSlug(LimitTarget target) {
  switch (target) {
    case LimitTarget::kLogins:
      return "logins";
    case LimitTarget::kServices:
      return "services";
    case LimitTarget::kRunning:
      return "running";
  }
  return "running";
}

std::string AmountsText(std::optional<std::uint64_t> soft, std::optional<std::uint64_t> hard) {
  if (!soft && !hard) return "not set";
  if (!soft) return Format("hard {}", LimitText(*hard));
  if (!hard) return Format("soft {}", LimitText(*soft));
  if (*soft == *hard) return LimitText(*soft);
  return Format("{} (hard {})", LimitText(*soft), LimitText(*hard));
}

std::string FileLines(const std::vector<ItemOutcome>& items, const Style& style) {
  std::string text;
  for (const ItemOutcome& item : items) {
    if (item.kind != ItemKind::kFile) continue;
    const bool removed = item.stored == "no file";
    text += Indented(Printable(item.name) + (removed ? " (removed)" : ""), 4, style);
  }
  return text;
}

std::string UnitOfDropIn(const std::string& path) {
  constexpr std::string_view kFolder = "/etc/systemd/system/";
  constexpr std::string_view kEnd = ".d/60-tunewire.conf";
  const std::size_t at = path.rfind(kFolder);
  if (at == std::string::npos || !path.ends_with(kEnd)) return "";
  const std::size_t begin = at + kFolder.size();
  return path.substr(begin, path.size() - kEnd.size() - begin);
}

}  // namespace tunewire
