// Settings written for other tools, turned into one profile.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"
#include "tunewire/host/files.h"
#include "tunewire/profile/profile.h"
#include "tunewire/tune/boot.h"

namespace tunewire {

enum class SettingsFormat {
  kSysctl,   ///< sysctl.conf, sysctl.d, the output of `sysctl -a`
  kLimits,   ///< limits.conf, limits.d
  kTuned,    ///< TuneD's tuned.conf
  kSaptune,  ///< a saptune note
  kProfile,  ///< tunewire's own
};
/// "sysctl.conf", "limits.conf", "tuned.conf", "saptune note", "tunewire profile".
std::string_view SettingsFormatName(SettingsFormat format);

inline constexpr std::size_t kMaxSettingsBytes = 16 * 1024 * 1024;

/// By name first, then by content. Errors: kInvalid "too_large", "binary_file".
Result<SettingsFormat> DetectSettingsFormat(const SourceText& source);

/// Something that the profile does not say, and why.
struct NotCarried {
  FileLine at;
  std::string what;  ///< "net.ipv4.tcp_tw_recycle", "[cpu] governor", "include=x"
  std::string why;
};

struct ImportRequest {
  std::vector<SourceText> sources;  ///< in order: a later one's setting of a key wins
  std::string name;                 ///< of the profile; empty: from the first file's name
};

struct Imported {
  std::string profile_text;  ///< ParseProfile accepts it
  std::string name;
  std::vector<std::string> files;  ///< read, includes among them
  int settings = 0;
  int limits = 0;
  std::vector<NotCarried> not_carried;
};

/// `existing`: the keys of this kernel; where there are some, one that is not among them becomes
/// optional, since the original tools pass over it. `files` and `root` give TuneD's includes and
/// what its functions ask of the machine; nothing is executed. The profile asks for what the
/// original tool would set: of several lines the one that wins there, numbers as the kernel reads
/// them.
/// Errors: kInvalid "binary_file", "too_large", "include_cycle", "already_a_profile",
/// "nothing_to_import"; what Files says of an include.
Result<Imported> ImportProfile(const ImportRequest& request, std::span<const SysctlKey> existing,
                               const Files& files, const std::string& root);

}  // namespace tunewire
