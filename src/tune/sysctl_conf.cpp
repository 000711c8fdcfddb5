#include "tune/sysctl_conf.h"

#include <algorithm>
#include <functional>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// systemd strips these four; procps uses isspace(3), which knows two more.
constexpr std::string_view kSystemdSpace = " \t\n\r";
constexpr std::string_view kProcpsSpace = " \t\n\r\v\f";

std::string_view StripLeft(std::string_view text, std::string_view space) {
  const auto begin = text.find_first_not_of(space);
  return begin == std::string_view::npos ? text.substr(text.size()) : text.substr(begin);
}

std::string_view StripRight(std::string_view text, std::string_view space) {
  const auto last = text.find_last_not_of(space);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view Strip(std::string_view text, std::string_view space) {
  return StripRight(StripLeft(text, space), space);
}

/// Turns dots and slashes into each other where a dot is the first of them.
std::string SwapSeparators(std::string_view key) {
  std::string path(key);
  const auto first = path.find_first_of("/.");
  if (first == std::string::npos || path[first] == '/') return path;
  for (char& c : path) {
    if (c == '.') {
      c = '/';
    } else if (c == '/') {
      c = '.';
    }
  }
  return path;
}

bool IsComment(std::string_view stripped) { return stripped[0] == '#' || stripped[0] == ';'; }

int Column(std::string_view whole_line, std::string_view part) {
  return static_cast<int>(part.data() - whole_line.data()) + 1;
}

/// `stripped` begins with neither white space nor a comment sign and is not empty.
SysctlLine SystemdLine(std::string_view stripped) {
  SysctlLine line;
  line.text = stripped;
  const bool dash = stripped[0] == '-';
  const auto equals = stripped.find('=');
  if (equals == std::string_view::npos && !dash) return line;
  line.kind = equals == std::string_view::npos ? SysctlLine::Kind::kExclusion
                                               : SysctlLine::Kind::kAssignment;
  line.ignore_failure = dash && equals != std::string_view::npos;
  line.key = Strip(stripped.substr(dash ? 1 : 0, equals - (dash && equals != stripped.npos)),
                   kSystemdSpace);
  line.path = SystemdKeyPath(line.key);
  if (equals != std::string_view::npos) {
    line.value = Strip(stripped.substr(equals + 1), kSystemdSpace);
  }
  return line;
}

/// `text` is stripped on the left only; procps strips the key on the right and nothing after '-'.
SysctlLine ProcpsLine(std::string_view text) {
  SysctlLine line;
  line.text = StripRight(text, kProcpsSpace);
  const bool dash = text[0] == '-';
  const auto equals = text.find('=');
  if (equals == std::string_view::npos && !dash) return line;
  line.kind = equals == std::string_view::npos ? SysctlLine::Kind::kExclusion
                                               : SysctlLine::Kind::kAssignment;
  line.ignore_failure = dash && equals != std::string_view::npos;
  const std::string_view head = text.substr(0, equals);
  line.key = StripRight(head.substr(dash ? 1 : 0), kProcpsSpace);
  line.path = ProcpsKeyPath(line.key);
  if (equals != std::string_view::npos) {
    line.value = Strip(text.substr(equals + 1), kProcpsSpace);
  }
  return line;
}

void AddPlaced(std::vector<SysctlLine>& lines, SysctlLine line, int number,
               std::string_view whole_line) {
  line.line = number;
  const bool has_key = line.kind != SysctlLine::Kind::kOther;
  line.key_column = Column(whole_line, has_key ? line.key : line.text);
  const bool has_value = line.kind == SysctlLine::Kind::kAssignment && !line.value.empty();
  line.value_column = has_value ? Column(whole_line, line.value) : 0;
  lines.push_back(std::move(line));
}

/// systemd ends a line at '\n', '\r' and NUL alike.
void AddSystemdLines(std::vector<SysctlLine>& lines, std::string_view whole, int number) {
  std::size_t begin = 0;
  while (begin <= whole.size()) {
    const auto end =
        std::min(whole.find_first_of(std::string_view("\r\0", 2), begin), whole.size());
    const auto stripped = Strip(whole.substr(begin, end - begin), kSystemdSpace);
    if (!stripped.empty() && !IsComment(stripped)) {
      AddPlaced(lines, SystemdLine(stripped), number, whole);
    }
    begin = end + 1;
  }
}

/// procps reads C strings: what follows a NUL is not seen. A line below two bytes is passed over.
void AddProcpsLine(std::vector<SysctlLine>& lines, std::string_view whole, bool newline,
                   int number) {
  if (whole.size() + newline < 2) return;
  const auto nul = whole.find('\0');
  const bool cut = nul != std::string_view::npos;
  const auto text = StripLeft(whole.substr(0, nul), kProcpsSpace);
  if (text.empty() || text.size() + (newline && !cut) < 2 || IsComment(text)) return;
  AddPlaced(lines, ProcpsLine(text), number, whole);
}

}  // namespace

std::string SystemdKeyPath(std::string_view key) {
  const std::string swapped = SwapSeparators(key);
  std::string path;
  for (const std::string& part : Split(swapped, '/')) {
    if (part.empty() || part == ".") continue;
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

std::string ProcpsKeyPath(std::string_view key) {
  // A second '-' goes too: it is taken for the mark of an exclusion.
  return SwapSeparators(key.starts_with('-') ? key.substr(1) : key);
}

std::vector<SysctlLine> ParseSysctlLines(std::string_view bytes, BootLoader dialect) {
  std::vector<SysctlLine> lines;
  int number = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto newline = bytes.find('\n', begin);
    const bool ended = newline != std::string_view::npos;
    const auto whole = bytes.substr(begin, (ended ? newline : bytes.size()) - begin);
    ++number;
    if (dialect == BootLoader::kSystemdSysctl) {
      AddSystemdLines(lines, whole, number);
    } else {
      AddProcpsLine(lines, whole, ended, number);
    }
    begin += whole.size() + 1;
  }
  return lines;
}

}  // namespace tunewire
