// Numbers are those of setrlimit(2) for all three targets: bytes, seconds, microseconds, counts.
// limits.conf counts some of them in KiB or minutes, so for logins these must come out whole.
#include "profile/limit_items.h"

#include <algorithm>
#include <array>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kAny = 9223372036854775807;  // what fits a JSON integer here
constexpr std::uint64_t kKibibyte = 1024;
constexpr std::uint64_t kMinute = 60;

// nofile: the kernel grants none above fs.nr_open, so "unlimited" is always refused by it.
// nice: setrlimit's 1..40 stands for nice 19..-20; limits.conf cannot say 0.
constexpr std::array<LimitItem, 16> kItems{{
    {"as", kAny, true, kKibibyte, 0},
    {"core", kAny, true, kKibibyte, 0},
    {"cpu", kAny, true, kMinute, 0},
    {"data", kAny, true, kKibibyte, 0},
    {"fsize", kAny, true, kKibibyte, 0},
    {"locks", kAny, true, 1, 0},
    {"memlock", kAny, true, kKibibyte, 0},
    {"msgqueue", kAny, true, 1, 0},
    {"nice", 40, false, 1, 1},
    {"nofile", kAny, false, 1, 0},
    {"nproc", kAny, true, 1, 0},
    {"rss", kAny, true, kKibibyte, 0},
    {"rtprio", 99, false, 1, 0},
    {"rttime", kAny, true, 1, 0},
    {"sigpending", kAny, true, 1, 0},
    {"stack", kAny, true, kKibibyte, 0},
}};

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Letters, digits and the bytes of `others`.
bool MadeOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return IsAlnum(c) || others.find(c) != std::string_view::npos;
  });
}

/// As useradd(8) and systemd take them in their relaxed form.
bool IsAccountName(std::string_view name) {
  if (name.ends_with('$')) name.remove_suffix(1);
  return !name.empty() && name.size() <= 64 && (IsAlnum(name.front()) || name.front() == '_') &&
         MadeOf(name, "_.-");
}

bool IsUnitName(std::string_view name) {
  constexpr std::array<std::string_view, 4> kWithLimits{".service", ".socket", ".mount", ".swap"};
  const auto ends = [&](std::string_view suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  };
  return name.size() <= 255 && name.front() != '.' && MadeOf(name, ":_.\\@-") &&
         name.find("..") == std::string_view::npos && std::ranges::any_of(kWithLimits, ends);
}

bool IsDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view LoginDefect(std::string_view subject) {
  if (subject == "*") return {};
  const bool group = subject.starts_with('@');
  if (IsAccountName(group ? subject.substr(1) : subject)) return {};
  return "logins are named by \"*\", a user or an @group";
}

std::string_view RunningDefect(std::string_view subject) {
  if (subject == "." || subject == ".." || subject.size() > 255 ||
      subject.find('/') != std::string_view::npos || Trim(subject) != subject ||
      Printable(subject) != subject) {
    return "running processes are named by command, pid or unit";
  }
  if (subject.ends_with(".service") || subject.ends_with(".socket")) {
    return IsUnitName(subject) ? "" : "this is no unit name";
  }
  const bool pid = IsDigits(subject);
  const auto number = ParseDecimal(subject);
  if (pid && (!number || *number < 1 || *number > 4194304)) return "a pid is 1 to 4194304";
  return {};
}

}  // namespace

std::span<const LimitItem> AllLimitItems() { return kItems; }

const LimitItem* FindLimitItem(std::string_view name) {
  const auto found = std::ranges::find(kItems, name, &LimitItem::name);
  return found == kItems.end() ? nullptr : &*found;
}

bool IsLimitItem(std::string_view item) { return FindLimitItem(item) != nullptr; }

std::string_view SubjectDefect(LimitTarget target, std::string_view subject) {
  if (subject.empty()) return "the name is empty";
  switch (target) {
    case LimitTarget::kLogins:
      return LoginDefect(subject);
    case LimitTarget::kServices:
      return IsUnitName(subject) ? ""
                                 : "services are named by a unit of type .service, .socket, .mount "
                                   "or .swap, without a path";
    case LimitTarget::kRunning:
      return RunningDefect(subject);
  }
  return {};
}

}  // namespace tunewire
