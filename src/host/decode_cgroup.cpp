#include "host/decode_cgroup.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "host/decode_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kDeepest = 64;

/// "a b" written as "a\040b": show_mountinfo() guards white space and backslashes this way.
std::string Unguarded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' && i + 3 < text.size()
                          ? NumberIn<unsigned char>(text.substr(i + 1, 3), 8)
                          : std::nullopt;
    plain += code ? static_cast<char>(*code) : text[i];
    if (code) i += 3;
  }
  return plain;
}

bool Holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// What comes behind " - " in a line of mountinfo: type, source, options of the super block.
std::optional<CgroupMount> DecodeMount(std::string_view line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view behind = line.substr(dash + 3);
  const std::string_view type = TakeWord(behind);
  if (type != "cgroup" && type != "cgroup2") return std::nullopt;
  TakeWord(behind);
  CgroupMount mount;
  mount.version = type == "cgroup2" ? 2 : 1;
  mount.options = Split(TakeWord(behind), ',');
  for (int skipped = 0; skipped < 3; ++skipped) TakeWord(line);
  mount.root = Unguarded(TakeWord(line));
  mount.point = Unguarded(TakeWord(line));
  if (!mount.root.starts_with('/') || !mount.point.starts_with('/')) return std::nullopt;
  return mount;
}

/// `path` below `root`: "/a/b" below "/a" is "/b"; nothing where it lies elsewhere.
std::optional<std::string> Below(std::string_view root, std::string_view path) {
  if (root == "/") root = "";
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

/// ".." leads out of what this process may see: cgroup_namespaces(7).
bool LeadsOut(std::string_view path) {
  const std::vector<std::string> parts = Split(path, '/');
  return std::ranges::find(parts, "..") != parts.end();
}

std::vector<std::string> FoldersUpTo(std::string point, std::string below) {
  point.erase(0, 1);
  while (point.ends_with('/')) point.pop_back();
  std::vector<std::string> folders;
  while (folders.size() < kDeepest) {
    folders.push_back(point + below);
    if (below.empty()) break;
    below.resize(below.rfind('/'));
  }
  return folders;
}

bool Shows(const CgroupMount& mount, const CgroupLine& line, std::string_view controller) {
  return line.unified ? mount.version == 2 : mount.version == 1 && Holds(mount.options, controller);
}

}  // namespace

std::vector<CgroupLine> DecodeCgroupLines(std::string_view text) {
  std::vector<CgroupLine> lines;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos || !line.substr(second + 1).starts_with('/')) continue;
    CgroupLine decoded;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    decoded.unified = controllers.empty() && line.substr(0, first) == "0";
    if (!controllers.empty()) decoded.controllers = Split(controllers, ',');
    decoded.path = line.substr(second + 1);
    lines.push_back(std::move(decoded));
  }
  return lines;
}

std::vector<CgroupMount> DecodeCgroupMounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  while (!mountinfo.empty()) {
    if (auto mount = DecodeMount(TakeLine(mountinfo))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

std::optional<CgroupPlace> FindCgroup(const std::vector<CgroupLine>& lines,
                                      const std::vector<CgroupMount>& mounts,
                                      std::string_view controller, std::string& why) {
  auto line = std::ranges::find_if(
      lines, [&](const CgroupLine& one) { return Holds(one.controllers, controller); });
  if (line == lines.end()) line = std::ranges::find_if(lines, &CgroupLine::unified);
  if (line == lines.end()) {
    why = Format("/proc/self/cgroup: no group for {}", controller);
    return std::nullopt;
  }
  why = Format("/proc/self/mountinfo: no mount shows the group {}", Printable(line->path));
  if (LeadsOut(line->path)) return std::nullopt;
  // A later mount covers an earlier one at the same point.
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (!Shows(*mount, *line, controller)) continue;
    const auto below = Below(mount->root, line->path);
    if (!below) continue;
    why.clear();
    return CgroupPlace{mount->version, line->path, FoldersUpTo(mount->point, *below)};
  }
  return std::nullopt;
}

std::optional<CpuQuota> DecodeCpuMax(std::string_view text) {
  const auto quota = TakeNumber<std::uint64_t>(text);
  const auto period = TakeNumber<std::uint64_t>(text);
  if (!quota || !period || *period == 0) return std::nullopt;
  return CpuQuota{*quota, *period};
}

std::optional<CpuQuota> DecodeCfsQuota(std::string_view quota, std::string_view period) {
  const auto us = TakeNumber<std::int64_t>(quota);
  const auto of = TakeNumber<std::uint64_t>(period);
  if (!us || *us < 0 || !of || *of == 0) return std::nullopt;
  return CpuQuota{static_cast<std::uint64_t>(*us), *of};
}

std::optional<std::uint64_t> DecodeCgroupLimit(std::string_view text) {
  // PAGE_COUNTER_MAX in bytes is just below 2^63, whatever the size of a page.
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;
  const auto limit = TakeNumber<std::uint64_t>(text);
  return limit && *limit < kNone ? limit : std::nullopt;
}

std::optional<Throttling> DecodeThrottling(std::string_view text) {
  std::optional<std::uint64_t> periods, us;
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    const std::string_view name = TakeWord(line);
    const auto value = TakeNumber<std::uint64_t>(line);
    if (name == "nr_throttled") periods = value;
    if (name == "throttled_usec") us = value;
    if (name == "throttled_time" && value) us = *value / 1000;
  }
  if (!periods || !us) return std::nullopt;
  return Throttling{*periods, *us};
}

}  // namespace tunewire
