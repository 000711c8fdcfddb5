#include "host/decode_proc.h"

#include <array>
#include <charconv>
#include <vector>

#include "tunewire/base/text.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

template <class Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Fields behind the name, the state (field 3 of proc(5)) first.
constexpr std::size_t kFlags = 9 - 3;
constexpr std::size_t kThreads = 20 - 3;
constexpr std::size_t kStart = 22 - 3;

std::string_view WithoutSuffix(std::string_view text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return text;
}

bool IsUnit(std::string_view part, std::string_view suffix) {
  return part.size() > suffix.size() && part.ends_with(suffix);
}

/// Path parts; "/../" leads out of a cgroup namespace and names nothing.
std::vector<std::string> UnitParts(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : Split(WithoutSuffix(path, " (deleted)"), '/')) {
    if (part.empty() || part == "..") continue;
    if (part.front() == '_') part.erase(0, 1);
    parts.push_back(std::move(part));
  }
  return parts;
}

/// Index of the unit behind the slices that begin at `from`; size of `parts` without one.
std::size_t BehindSlices(const std::vector<std::string>& parts, std::size_t from) {
  while (from < parts.size() && IsUnit(parts[from], ".slice")) ++from;
  return from;
}

CgroupUnit UnitOfPath(std::string_view path) {
  const std::vector<std::string> parts = UnitParts(path);
  const std::size_t system = BehindSlices(parts, 0);
  if (system == parts.size() || !IsUnit(parts[system], ".service")) return {};
  if (parts[system].starts_with("user@")) {
    const std::size_t user = BehindSlices(parts, system + 1);
    if (user < parts.size() && IsUnit(parts[user], ".service")) return {parts[user], parts[system]};
  }
  return {parts[system], {}};
}

/// "0::PATH" or "1:name=systemd:PATH"; empty for another hierarchy, which systemd may not shape.
std::string_view PathOfLine(std::string_view line) {
  const std::size_t first = line.find(':');
  if (first == std::string_view::npos) return {};
  const std::size_t second = line.find(':', first + 1);
  if (second == std::string_view::npos) return {};
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  const bool unified = line.substr(0, first) == "0" && controllers.empty();
  return unified || controllers == "name=systemd" ? line.substr(second + 1) : std::string_view();
}

bool ReadLimit(std::string_view text, std::uint64_t& limit) {
  if (text != "unlimited") return ReadNumber(text, limit);
  limit = kUnlimited;
  return true;
}

}  // namespace

bool ProcessStat::kernel_thread() const { return (flags & kKernelThread) != 0; }

bool ProcessStat::ended() const {
  return state == 'X' || state == 'x' || (state == 'Z' && threads <= 1);
}

bool SplitStatFields(std::string_view text, std::span<std::string_view> fields) {
  for (std::string_view& field : fields) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return false;
    text.remove_prefix(begin);
    field = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(field.size());
  }
  return true;
}

std::optional<ProcessStat> DecodeProcessStat(std::string_view text) {
  // The name may hold ") R 1"; behind the last parenthesis only numbers follow.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  std::array<std::string_view, kStart + 1> fields;
  if (!SplitStatFields(text.substr(close + 1), fields)) return std::nullopt;
  ProcessStat stat;
  stat.command = text.substr(open + 1, close - open - 1);
  if (fields[0].size() != 1 || !ReadNumber(fields[kFlags], stat.flags) ||
      !ReadNumber(fields[kThreads], stat.threads) ||
      !ReadNumber(fields[kStart], stat.start_ticks)) {
    return std::nullopt;
  }
  stat.state = fields[0].front();
  return stat;
}

std::string DecodeCommand(std::string_view text) { return std::string(WithoutSuffix(text, "\n")); }

std::string DecodeExecutable(std::string_view link) {
  link = WithoutSuffix(link, " (deleted)");
  return std::string(link.substr(link.rfind('/') + 1));
}

CgroupUnit DecodeCgroup(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (CgroupUnit unit = UnitOfPath(PathOfLine(line)); !unit.name.empty()) return unit;
  }
  return {};
}

std::optional<Limits> DecodeLimits(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(label) || !line.substr(label.size()).starts_with(' ')) continue;
    const std::vector<std::string> words = SplitWords(line.substr(label.size()));
    Limits limits;
    if (words.size() < 2 || !ReadLimit(words[0], limits.soft) ||
        !ReadLimit(words[1], limits.hard)) {
      return std::nullopt;
    }
    return limits;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> DecodeSocketLink(std::string_view link) {
  constexpr std::string_view kBegin = "socket:[";
  std::uint64_t inode = 0;
  if (!link.starts_with(kBegin) || !link.ends_with(']')) return std::nullopt;
  link = link.substr(kBegin.size(), link.size() - kBegin.size() - 1);
  if (!ReadNumber(link, inode)) return std::nullopt;
  return inode;
}

}  // namespace tunewire
