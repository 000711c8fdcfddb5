// What the next boot makes of every key: the files that sysctl loaders read, resolved exactly as
// systemd-sysctl and procps' `sysctl --system` resolve them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"
#include "tunewire/host/files.h"

namespace tunewire {

enum class BootLoader {
  kSystemdSysctl,  ///< systemd-sysctl.service, as of systemd 252
  kProcps,         ///< `sysctl --system`, as of procps 4.0.2
};
/// "systemd-sysctl", "sysctl --system".
std::string_view BootLoaderName(BootLoader loader);
/// "systemd_sysctl", "procps": for JSON.
std::string_view BootLoaderSlug(BootLoader loader);

/// A line of a file. Lines count from 1 and end at '\n' only, as an editor shows them.
struct FileLine {
  std::string file;  ///< as the loader names it: "/etc/sysctl.d/99-x.conf", without an offline root
  int line = 0;

  auto operator<=>(const FileLine&) const = default;
};

/// One file as a loader meets it.
struct BootFile {
  std::string folder;  ///< "/etc/sysctl.d"
  std::string name;    ///< "99-x.conf"
  std::string bytes;   ///< empty for a link to /dev/null, a dangling link, a folder

  [[nodiscard]] std::string path() const { return folder + "/" + name; }
};

/// Something about a file that an administrator should know; never an error of the whole.
struct BootNote {
  FileLine at;       ///< line 0: the file as a whole
  std::string code;  ///< "not_an_assignment", "unreadable", "masked", "credential_not_read",
                     ///< "glob_excludes_nothing", "no_such_name", "too_many_braces", "hidden_file"
  std::string message;
};

/// A rule by which udev runs systemd-sysctl again for some keys.
struct BootReapply {
  std::string module;                 ///< the kernel module whose arrival triggers it
  std::vector<std::string> prefixes;  ///< "net/bridge"
  FileLine at;
};

/// Everything on disk that decides the keys of the next boot.
struct BootFiles {
  std::vector<BootFile> sysctl_d;          ///< every *.conf, folders in systemd's order
  std::optional<BootFile> sysctl_conf;     ///< /etc/sysctl.conf, where it is a regular file
  std::vector<std::string> early_modules;  ///< loaded before the keys are set, or built in
  std::vector<BootReapply> reapplies;      ///< from udev's rules
  bool interfaces_reapplied = false;       ///< udev sets the keys of each new interface
  std::vector<BootNote> notes;             ///< what could not be read, or is not considered
};

inline constexpr std::size_t kMaxBootFileBytes = 16 * 1024 * 1024;

/// Reads below `root` ("/" or "" for this host; an offline tree otherwise). `kernel_release` picks
/// the list of built-in modules; empty: none is known. A file that cannot be read is a note.
BootFiles ReadBootFiles(const Files& files, const std::string& root,
                        std::string_view kernel_release);

/// Why a line did not decide the value.
enum class LostBy {
  kLaterLine,   ///< a later line assigns the same key
  kNamedKey,    ///< it is a glob, and another line names the key itself
  kExclusion,   ///< a line "-key" takes the key out
  kMaskedFile,  ///< a file of the same name in an earlier folder hides its file
};
std::string_view LostByName(LostBy reason);

struct BootLoser {
  FileLine at;
  std::string value;
  LostBy reason = LostBy::kLaterLine;

  bool operator==(const BootLoser&) const = default;
};

/// When the value reaches the kernel.
enum class BootTiming {
  kAtLoad,         ///< the key is there when the loader runs
  kWithInterface,  ///< udev sets it when the interface appears
  kOnlyIfPresent,  ///< set only where the interface is there already when the loader runs
  kWithModule,     ///< udev sets it when the module is loaded
  kModuleTooLate,  ///< the module loads after the loader ran: the value is lost
};
std::string_view BootTimingName(BootTiming timing);

/// One key as one loader leaves it.
struct BootValue {
  SysctlKey key;
  BootLoader loader = BootLoader::kSystemdSysctl;
  bool assigned = false;  ///< false: every line that names it lost; the kernel's own value stands
  bool exists = false;    ///< the key is among the existing ones
  std::string value;      ///< the text written, as it stands in the file
  FileLine winner;
  std::string glob;             ///< the pattern that matched, empty where the winner names the key
  bool ignore_failure = false;  ///< the winner begins with '-'
  std::vector<BootLoser> losers;  ///< in the order the loader meets them, masked files last
};

struct BootResolution {
  BootLoader loader = BootLoader::kSystemdSysctl;
  std::vector<std::string> files;  ///< read, in order
  std::vector<BootValue> values;   ///< sorted by key
  std::vector<BootNote> notes;

  [[nodiscard]] const BootValue* Find(const SysctlKey& key) const;
};

/// Pure. `existing` are the keys below /proc/sys: what globs can match.
BootResolution ResolveSystemdSysctl(const BootFiles& files, std::span<const SysctlKey> existing);
BootResolution ResolveProcps(const BootFiles& files, std::span<const SysctlKey> existing);

/// When the loader's value for `key` reaches the kernel; by the catalog's module of the key.
BootTiming TimingOf(const SysctlKey& key, BootLoader loader, const BootFiles& files);

/// A key that the two loaders leave different; nullptr for a loader that leaves it alone.
struct BootDisagreement {
  const BootValue* systemd = nullptr;
  const BootValue* procps = nullptr;
};
/// Sorted by key; values that the kernel reads alike are no disagreement. Points into both.
std::vector<BootDisagreement> CompareLoaders(const BootResolution& systemd,
                                             const BootResolution& procps);

}  // namespace tunewire
