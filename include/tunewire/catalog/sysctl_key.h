// The name of one kernel tunable, and patterns of such names.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

/// A valid name below /proc/sys. Kept as its path, so an interface name may hold dots:
/// "net.ipv4.conf.eth0/100.rp_filter" and "net/ipv4/conf/eth0.100/rp_filter" are the same key.
/// The first separator ('.' or '/') decides which of the two separates, as sysctl.d(5) says.
class SysctlKey {
 public:
  /// Errors: kInvalid, code "invalid_key": empty, an empty or dotted ("." "..") part, a control
  /// byte, white space, NUL, or more than 255 bytes.
  static Result<SysctlKey> Parse(std::string_view text);

  /// "net/core/somaxconn": relative, never begins with '/', no "." or ".." part.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// "net.core.somaxconn": what people read; a dot inside a part is shown as '/'.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::vector<std::string> parts() const;

  auto operator<=>(const SysctlKey&) const = default;

 private:
  explicit SysctlKey(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// A key whose parts may hold globs (`*`, `?`, `[...]`), each within one part:
/// "net.ipv4.conf.eth*.rp_filter".
class KeyPattern {
 public:
  /// Same rules as SysctlKey::Parse. A pattern without a glob is a plain key.
  static Result<KeyPattern> Parse(std::string_view text);

  [[nodiscard]] bool is_glob() const;
  [[nodiscard]] bool Matches(const SysctlKey& key) const;
  /// The key itself where this is no glob. Precondition: !is_glob().
  [[nodiscard]] const SysctlKey& key() const { return key_; }
  [[nodiscard]] std::string name() const { return key_.name(); }
  /// The longest leading path without a glob: the folder to list when looking for matches.
  [[nodiscard]] std::string FixedFolder() const;

  auto operator<=>(const KeyPattern&) const = default;

 private:
  explicit KeyPattern(SysctlKey key) : key_(std::move(key)) {}
  SysctlKey key_;
};

}  // namespace tunewire
