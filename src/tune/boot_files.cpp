// Reading what the boot reads.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/boot.h"

namespace tunewire {
namespace {

// Both loaders search in this order. Where /usr is merged, /lib is the same folder as /usr/lib and
// its files are then the earlier ones over again.
constexpr std::array<std::string_view, 5> kPrefixes = {"/etc", "/run", "/usr/local/lib", "/usr/lib",
                                                       "/lib"};

// Where a unit's LoadCredential=sysctl.extra may come from.
constexpr std::array<std::string_view, 6> kCredentials = {
    "/run/credentials/systemd-sysctl.service/sysctl.extra",
    "/run/credentials/@system/sysctl.extra",
    "/etc/credstore/sysctl.extra",
    "/run/credstore/sysctl.extra",
    "/usr/local/lib/credstore/sysctl.extra",
    "/usr/lib/credstore/sysctl.extra"};

class Reader {
 public:
  Reader(const Files& files, const std::string& root, std::vector<BootNote>& notes)
      : files_(files), root_(root == "/" ? "" : root), notes_(notes) {}

  /// Names ending in `suffix`, sorted; a folder that cannot be listed is a note.
  std::vector<std::string> Names(const std::string& folder, std::string_view suffix) {
    auto listed = files_.List(root_ + folder);
    if (!listed) {
      notes_.push_back({{folder, 0}, "unreadable", listed.error().message});
      return {};
    }
    std::erase_if(*listed, [&](const std::string& name) { return !name.ends_with(suffix); });
    return *std::move(listed);
  }

  /// Empty where there is nothing to read: a device, a folder, a dangling link.
  std::string Bytes(const std::string& path) {
    auto content = files_.Read(root_ + path, kMaxBootFileBytes);
    if (content) return std::move(content->bytes);
    const Error& error = content.error();
    if (error.kind != ErrorKind::kNotFound && error.code != "not_a_file") {
      notes_.push_back({{path, 0}, "unreadable", Format("not considered: {}", error.message)});
    }
    return "";
  }

  bool Exists(const std::string& path) { return files_.Read(root_ + path, 1024).has_value(); }

  std::optional<BootFile> Regular(const std::string& folder, const std::string& name) {
    const std::string path = folder + "/" + name;
    const auto content = files_.Read(root_ + path, kMaxBootFileBytes);
    if (content) return BootFile{folder, name, content->bytes};
    const Error& error = content.error();
    if (error.kind != ErrorKind::kNotFound && error.code != "not_a_file") {
      notes_.push_back({{path, 0}, "unreadable", Format("not considered: {}", error.message)});
    }
    return std::nullopt;
  }

 private:
  const Files& files_;
  std::string root_;
  std::vector<BootNote>& notes_;
};

/// Every file of every folder, an /lib that repeats /usr/lib left out.
std::vector<BootFile> FilesBelow(Reader& reader, std::string_view folder_name,
                                 std::string_view suffix) {
  std::vector<BootFile> found;
  for (const std::string_view prefix : kPrefixes) {
    const std::string folder = std::string(prefix) + "/" + std::string(folder_name);
    for (const std::string& name : reader.Names(folder, suffix)) {
      BootFile file{folder, name, reader.Bytes(folder + "/" + name)};
      const bool repeated =
          prefix == "/lib" && std::ranges::any_of(found, [&](const BootFile& f) {
            return f.folder == "/usr" + folder && f.name == name && f.bytes == file.bytes;
          });
      if (!repeated) found.push_back(std::move(file));
    }
  }
  return found;
}

std::string ModuleName(std::string_view text) {
  std::string name(text);
  std::ranges::replace(name, '-', '_');
  return name;
}

void AddListedModules(std::string_view bytes, std::vector<std::string>& modules) {
  for (const std::string& line : Split(bytes, '\n')) {
    const auto stripped = Trim(line);
    if (stripped.empty() || stripped[0] == '#' || stripped[0] == ';') continue;
    modules.push_back(ModuleName(stripped));
  }
}

/// "kernel/net/netfilter/nf_conntrack.ko" gives "nf_conntrack".
void AddBuiltinModules(std::string_view bytes, std::vector<std::string>& modules) {
  for (const std::string& line : Split(bytes, '\n')) {
    const auto slash = line.rfind('/');
    const auto name = slash == std::string::npos ? line : line.substr(slash + 1);
    const auto dot = name.find(".ko");
    if (dot != std::string::npos) modules.push_back(ModuleName(name.substr(0, dot)));
  }
}

/// modules_load=a,b on the kernel's command line.
void AddCommandLineModules(std::string_view bytes, std::vector<std::string>& modules) {
  for (const std::string& word : SplitWords(bytes)) {
    for (const std::string_view option : {"modules_load=", "modules-load="}) {
      if (!word.starts_with(option)) continue;
      for (const std::string& name : Split(std::string_view(word).substr(option.size()), ',')) {
        if (!name.empty()) modules.push_back(ModuleName(name));
      }
    }
  }
}

void ReadModules(Reader& reader, std::string_view release, BootFiles& boot) {
  std::vector<std::string> seen;
  for (const BootFile& file : FilesBelow(reader, "modules-load.d", ".conf")) {
    if (file.name.starts_with('.') || std::ranges::find(seen, file.name) != seen.end()) continue;
    seen.push_back(file.name);
    AddListedModules(file.bytes, boot.early_modules);
  }
  AddCommandLineModules(reader.Bytes("/proc/cmdline"), boot.early_modules);
  for (const std::string_view prefix : {"/lib", "/usr/lib"}) {
    if (release.empty()) break;
    const std::string path = Format("{}/modules/{}/modules.builtin", prefix, release);
    AddBuiltinModules(reader.Bytes(path), boot.early_modules);
  }
  std::ranges::sort(boot.early_modules);
  boot.early_modules.erase(std::unique(boot.early_modules.begin(), boot.early_modules.end()),
                           boot.early_modules.end());
}

/// The quoted text after `name` and its operator: KERNEL=="br_netfilter".
std::string QuotedAfter(std::string_view rule, std::string_view name) {
  const auto at = rule.find(name);
  if (at == std::string_view::npos) return "";
  const auto open = rule.find('"', at);
  const auto close = open == std::string_view::npos ? open : rule.find('"', open + 1);
  if (close == std::string_view::npos) return "";
  return std::string(rule.substr(open + 1, close - open - 1));
}

void ReadRule(std::string_view rule, const FileLine& at, BootFiles& boot) {
  if (rule.starts_with('#') || rule.find("systemd-sysctl") == std::string_view::npos) return;
  if (rule.find("SUBSYSTEM==\"net\"") != std::string_view::npos) {
    boot.interfaces_reapplied |= rule.find("--prefix=/net/ipv4/conf/") != std::string_view::npos;
    return;
  }
  if (rule.find("SUBSYSTEM==\"module\"") == std::string_view::npos) return;
  BootReapply reapply{ModuleName(QuotedAfter(rule, "KERNEL==")), {}, at};
  for (const std::string& word : SplitWords(QuotedAfter(rule, "RUN"))) {
    constexpr std::string_view kOption = "--prefix=";
    if (!word.starts_with(kOption)) continue;
    const auto begin = word.find_first_not_of('/', kOption.size());
    if (begin != std::string::npos) reapply.prefixes.push_back(word.substr(begin));
  }
  if (!reapply.module.empty()) boot.reapplies.push_back(std::move(reapply));
}

void ReadUdevRules(Reader& reader, BootFiles& boot) {
  std::vector<std::string> seen;
  for (const BootFile& file : FilesBelow(reader, "udev/rules.d", ".rules")) {
    if (std::ranges::find(seen, file.name) != seen.end()) continue;
    seen.push_back(file.name);
    int number = 0;
    for (const std::string& line : Split(file.bytes, '\n')) {
      ReadRule(line, {file.path(), ++number}, boot);
    }
  }
}

void NoteCredentials(Reader& reader, BootFiles& boot) {
  for (const std::string_view path : kCredentials) {
    if (!reader.Exists(std::string(path))) continue;
    boot.notes.push_back({{std::string(path), 0},
                          "credential_not_read",
                          "systemd-sysctl may apply this credential after all files; "
                          "it is not considered here"});
  }
}

}  // namespace

BootFiles ReadBootFiles(const Files& files, const std::string& root,
                        std::string_view kernel_release) {
  BootFiles boot;
  Reader reader(files, root, boot.notes);
  boot.sysctl_d = FilesBelow(reader, "sysctl.d", ".conf");
  boot.sysctl_conf = reader.Regular("/etc", "sysctl.conf");
  ReadModules(reader, kernel_release, boot);
  ReadUdevRules(reader, boot);
  NoteCredentials(reader, boot);
  return boot;
}

}  // namespace tunewire
