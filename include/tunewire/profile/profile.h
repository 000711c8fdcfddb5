// A profile: what an administrator wants of a host. Parsed from JSON with comments, or refused with
// places.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/profile/requirement.h"

namespace tunewire {

struct Origin {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Origin&) const = default;
};

struct Setting {
  KeyPattern key;
  Requirement want;
  bool optional = false;  ///< a missing key is no failure
  std::string why;
  std::string source;
  Origin origin;        ///< of the value
  SourcePlace place;    ///< of the value, with the line's text for a caret
  std::string profile;  ///< name of the profile the setting came from
};

/// The sixteen RLIMIT_ items by their limits.conf names: "nofile", "nproc", ...
bool IsLimitItem(std::string_view item);

/// "unlimited" is kUnlimited. Other amounts are those of setrlimit(2) for all three targets: bytes,
/// seconds, microseconds (rttime), counts; nice is 20 minus the nice value. For logins the amount
/// can be written in limits.conf's KiB (as, core, data, fsize, memlock, rss, stack) and minutes
/// (cpu) without a remainder.
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

enum class LimitTarget { kLogins, kServices, kRunning };

struct LimitSetting {
  std::string item;  ///< "nofile"
  LimitTarget target = LimitTarget::kLogins;
  std::string subject;  ///< "*", "root", "@group", "nginx.service", "nginx"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  std::string why;
  std::string source;
  Origin origin;
  std::string profile;
  SourcePlace place = {};  ///< of the amount, with the line's text for a caret
};

struct Profile {
  std::string name;
  std::string summary;
  std::string file;
  std::vector<std::string> include;
  std::vector<SourcePlace> include_places;  ///< of each include, for errors
  std::vector<Setting> settings;            ///< file order; no two with the same pattern
  std::vector<LimitSetting> limits;
};

/// A file as the loader met it.
struct SourceText {
  std::string path;
  std::string text;
  bool writable_by_others =
      false;  ///< group or world may write, or the owner is neither root nor the caller
};

inline constexpr std::size_t kMaxProfileBytes = 1024 * 1024;

/// Parses one file. Every problem found is in the error list, in the order of the text; at most 20.
/// Codes: "syntax", "unknown_field", "missing_field", "unsupported_format", "duplicate_key",
/// "wrong_type", "invalid_key", "unknown_key", "forbidden_key", "invalid_value", "out_of_range",
/// "wrong_arity", "not_ascending", "not_an_integer", "too_deep", "too_large",
/// "writable_by_others".
tl::expected<Profile, std::vector<Error>> ParseProfile(const SourceText& source);

/// Where named profiles come from; the command line gives one that searches folders.
class ProfileSource {
 public:
  virtual ~ProfileSource() = default;
  /// `reference` is a name ("base"), a path (holds '/'), or "-" for standard input. Errors:
  /// kNotFound with the nearest names as hint.
  virtual Result<SourceText> Open(std::string_view reference) = 0;
};

/// Several profiles made one: includes first, then the file's own; a later setting of the same key
/// wins. A file included twice counts once, where it came first. A key whose last word is "keep" is
/// left out, unless a pattern covers it: then it stays, to hold the pattern off. A pattern and an
/// exact key both stay: the exact one wins for its interface, whichever came later.
struct ComposedProfile {
  std::string name;  ///< "http-server", or "base+http-server" where several were asked for
  std::vector<std::string> references;  ///< as asked for, to load the same again
  std::string summary;
  std::vector<std::string> files;  ///< every file read, in order
  std::vector<Setting> settings;   ///< sorted by key name
  std::vector<LimitSetting> limits;
  std::vector<std::pair<Setting, Setting>> overridden;  ///< {loser, winner}
};

/// Loads and merges. An include with a '/' is a path seen from the file that holds it. Errors: what
/// Open and ParseProfile say, "include_cycle" (kInvalid) with the chain as hint, "too_deep" above
/// 16 levels or 64 files; at most 20 in all.
tl::expected<ComposedProfile, std::vector<Error>> LoadProfiles(
    const std::vector<std::string>& references, ProfileSource& source);

}  // namespace tunewire
