// Parsing, spelling and matching of key names.
#include "tunewire/catalog/sysctl_key.h"

#include <algorithm>
#include <cstddef>

#include "base/format.h"
#include "catalog/glob.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

// The longest real name is about 60 bytes; 255 is what one file name may have.
constexpr std::size_t kLongestName = 255;

char Swapped(char c) { return c == '.' ? '/' : c == '/' ? '.' : c; }

std::string SwapSeparators(std::string_view text) {
  std::string swapped(text);
  std::ranges::transform(swapped, swapped.begin(), Swapped);
  return swapped;
}

bool IsUnsafeByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F;
}

bool IsUnsafePart(std::string_view part) { return part.empty() || part == "." || part == ".."; }

/// What is wrong with a path, empty where it is safe to open below /proc/sys.
std::string_view Defect(std::string_view path) {
  if (path.empty()) return "it is empty";
  if (path.size() > kLongestName) return "it is longer than 255 bytes";
  if (std::ranges::any_of(path, IsUnsafeByte)) return "it holds a space or a control character";
  const std::vector<std::string> parts = Split(path, '/');
  if (std::ranges::any_of(parts, IsUnsafePart)) return "it has an empty, \".\" or \"..\" part";
  return {};
}

Error InvalidKey(std::string_view text, std::string_view defect) {
  constexpr std::size_t kShown = 60;
  std::string shown = Printable(text.substr(0, kShown));
  if (text.size() > kShown) shown += "...";
  return Error{.kind = ErrorKind::kInvalid,
               .code = "invalid_key",
               .message = Format("\"{}\" is no key name: {}", shown, defect),
               .operation = {},
               .os_error = 0,
               .subject = shown,
               .hint = "write it like net.core.somaxconn or net/core/somaxconn",
               .where = {}};
}

}  // namespace

Result<SysctlKey> SysctlKey::Parse(std::string_view text) {
  const std::size_t first = text.find_first_of("./");
  const bool dotted = first != std::string_view::npos && text[first] == '.';
  std::string path = dotted ? SwapSeparators(text) : std::string(text);
  const std::string_view defect = Defect(path);
  if (!defect.empty()) return Fail(InvalidKey(text, defect));
  return SysctlKey(std::move(path));
}

std::string SysctlKey::name() const { return SwapSeparators(path_); }

std::vector<std::string> SysctlKey::parts() const { return Split(path_, '/'); }

Result<KeyPattern> KeyPattern::Parse(std::string_view text) {
  Result<SysctlKey> key = SysctlKey::Parse(text);
  if (!key) return Fail(std::move(key.error()));
  return KeyPattern(std::move(*key));
}

bool KeyPattern::is_glob() const { return HasGlob(key_.path()); }

bool KeyPattern::Matches(const SysctlKey& key) const {
  return is_glob() ? MatchesPath(key_.path(), key.path()) : key_ == key;
}

std::string KeyPattern::FixedFolder() const {
  const std::string_view path = key_.path();
  const std::string_view fixed = path.substr(0, path.find_first_of(kGlobBytes));
  const std::size_t slash = fixed.size() == path.size() ? path.rfind('/') : fixed.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

}  // namespace tunewire
