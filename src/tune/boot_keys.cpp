#include "tune/boot_keys.h"

#include <fnmatch.h>

#include <algorithm>

namespace tunewire {
namespace {

constexpr int kNone = -1;

std::string Unescape(std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && i + 1 < part.size()) ++i;
    text += part[i];
  }
  return text;
}

/// The end of one alternative: the ',' or '}' at this depth; npos where the expression is broken.
std::size_t EndOfAlternative(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size()) {
      ++at;
    } else if ((c == '}' && depth-- == 0) || (c == ',' && depth == 0)) {
      return at;
    } else if (c == '{') {
      ++depth;
    }
  }
  return std::string_view::npos;
}

std::size_t FirstBrace(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
    } else if (text[i] == '{') {
      return i;
    }
  }
  return std::string_view::npos;
}

bool ExpandInto(const std::string& text, std::size_t most, std::vector<std::string>& out) {
  const auto open = FirstBrace(text);
  std::vector<std::string> alternatives;
  auto at = open;
  while (at != std::string::npos && (at == open || text[at] == ',')) {
    const auto end = EndOfAlternative(text, at + 1);
    if (end != std::string::npos) alternatives.push_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  if (at == std::string::npos) {
    out.push_back(text);
    return out.size() <= most;
  }
  for (const std::string& alternative : alternatives) {
    if (!ExpandInto(text.substr(0, open) + alternative + text.substr(at + 1), most, out)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool HasGlobMagic(std::string_view part) {
  bool bracket = false;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && i + 1 < part.size()) {
      ++i;
    } else if (part[i] == '*' || part[i] == '?' || (part[i] == ']' && bracket)) {
      return true;
    } else if (part[i] == '[') {
      bracket = true;
    }
  }
  return false;
}

bool GlobPartMatches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::optional<std::vector<std::string>> ExpandBraces(std::string_view text, std::size_t most) {
  std::vector<std::string> out;
  if (!ExpandInto(std::string(text), most, out)) return std::nullopt;
  return out;
}

BootKeys::BootKeys(std::span<const SysctlKey> existing) {
  nodes_.emplace_back();
  for (const SysctlKey& key : existing) {
    int node = 0;
    for (const std::string& part : key.parts()) {
      const int next = static_cast<int>(nodes_.size());
      const auto [child, added] =
          nodes_[static_cast<std::size_t>(node)].children.try_emplace(part, next);
      const int parent = node;
      node = child->second;
      if (added) nodes_.emplace_back().parent = parent;
    }
    nodes_[static_cast<std::size_t>(node)].is_key = true;
  }
}

int BootKeys::Child(int node, std::string_view name) const {
  const Node& here = nodes_[static_cast<std::size_t>(node)];
  if (here.is_key) return kNone;
  if (name.empty() || name == ".") return node;
  if (name == "..") return node == 0 ? kNone : here.parent;
  const auto found = here.children.find(name);
  return found == here.children.end() ? kNone : found->second;
}

std::optional<std::string> BootKeys::Resolve(std::string_view path) const {
  int node = 0;
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size() && node != kNone;) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string part(path.substr(begin, end - begin));
    node = Child(node, part);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  if (node == kNone || !nodes_[static_cast<std::size_t>(node)].is_key) return std::nullopt;
  std::string resolved;
  for (const std::string& part : parts) resolved += (resolved.empty() ? "" : "/") + part;
  return resolved;
}

struct BootKeys::Walk {
  bool magic = false;  ///< of the part before the rest
  std::vector<std::string> found;
};

void BootKeys::Step(Walk& walk, int node, std::string_view rest, const std::string& spelled) const {
  const auto begin = std::min(rest.find_first_not_of('/'), rest.size());
  const std::string prefix = spelled + std::string(rest.substr(0, begin));
  rest.remove_prefix(begin);
  const Node& here = nodes_[static_cast<std::size_t>(node)];
  if (rest.empty()) {
    // A slash at the end asks for a folder, yet glob(3) checks that only behind a part with magic.
    if (here.is_key && (begin == 0 || !walk.magic)) walk.found.push_back(spelled);
    return;
  }
  const std::string part(rest.substr(0, rest.find('/')));
  rest.remove_prefix(part.size());
  walk.magic = HasGlobMagic(part);
  if (!walk.magic) {
    const std::string name = Unescape(part);
    const int child = Child(node, name);
    if (child != kNone) Step(walk, child, rest, prefix + name);
    return;
  }
  for (const auto& [name, child] : here.children) {
    walk.magic = true;
    if (GlobPartMatches(part, name)) Step(walk, child, rest, prefix + name);
  }
}

std::vector<std::string> BootKeys::Glob(std::string_view pattern) const {
  Walk walk;
  Step(walk, 0, pattern, "");
  std::ranges::sort(walk.found);
  return std::move(walk.found);
}

}  // namespace tunewire
