// TuneD profiles: includes, [variables] and [sysctl] merged as TuneD merges them.
#include <algorithm>
#include <array>
#include <map>

#include "base/format.h"
#include "tune/import_entries.h"
#include "tune/import_ini.h"
#include "tune/import_tuned_expand.h"
#include "tune/sysctl_conf.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kDeepest = 32;
// TuneD searches the folders of later entries first.
constexpr std::array<std::string_view, 4> kFolders = {"/etc/tuned/profiles", "/etc/tuned",
                                                      "/usr/lib/tuned/profiles", "/usr/lib/tuned"};
// Options that steer a section and are no settings of it.
constexpr std::array<std::string_view, 12> kSteering = {
    "type",     "enabled",     "replace",       "devices",    "prepend",     "drop",
    "priority", "uname_regex", "cpuinfo_regex", "script_pre", "script_post", "devices_udev_regex"};

struct Placed {
  std::string value;
  FileLine at;
};

/// Options in the order TuneD keeps: a name's first appearance.
struct Options {
  std::vector<std::pair<std::string, Placed>> list;

  void Set(const std::string& name, Placed placed) {
    const auto at = std::ranges::find(list, name, &std::pair<std::string, Placed>::first);
    if (at == list.end()) {
      list.emplace_back(name, std::move(placed));
    } else {
      at->second = std::move(placed);
    }
  }
  void Remove(std::string_view name) {
    std::erase_if(list, [&](const auto& option) { return option.first == name; });
  }
};

struct Section {
  std::string name;
  std::string type;
  bool enabled = true;
  std::string condition;  ///< uname_regex or cpuinfo_regex, empty without one
  FileLine at;
  Options options;
};

bool IsTrue(std::string_view value) { return value == "1" || value == "true" || value == "True"; }
bool IsFalse(std::string_view value) {
  return value == "0" || value == "false" || value == "False";
}

std::string FolderOf(const std::string& path) {
  if (path == ".") return "..";
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string Find(const IniSection& section, std::string_view name) {
  const auto at = std::ranges::find(section.options, name, &IniOption::name);
  return at == section.options.end() ? std::string() : at->value;
}

Error IncludeError(std::string code, const FileLine& at, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.subject = at.file;
  error.message = std::move(message);
  error.where = SourcePlace{at.file, at.line, 1, 1, {}};
  return error;
}

class TunedReader {
 public:
  TunedReader(const TunedWorld& world, ImportBasket& basket)
      : world_(world), basket_(basket), expander_(ReadOrNothing("/proc/cpuinfo")) {}

  Status Load(const SourceText& source, int depth) {
    read_.push_back(source.path);
    basket_.files.push_back(source.path);
    const IniFile ini = ParseIni(source.text);
    for (const int line : ini.odd_lines) {
      basket_.Refuse({source.path, line}, "a line", "neither a section nor an option");
    }
    for (const IniSection& section : ini.sections) {
      if (section.name != "main") continue;
      if (Status status = Include(source.path, section, depth); !status) return status;
    }
    for (const IniSection& section : ini.sections) Merge(source.path, section);
    return {};
  }

  void Finish() {
    for (const auto& [name, placed] : variables_.list) DefineVariable(name, placed);
    for (const Section& section : sections_) {
      if (section.type == "sysctl") {
        AddSysctls(section);
      } else {
        RefuseSection(section);
      }
    }
  }

 private:
  std::string ReadOrNothing(const std::string& path) const {
    auto content = world_.files.Read(world_.root + path, kMaxSettingsBytes);
    return content ? std::move(content->bytes) : std::string();
  }

  Status Include(const std::string& file, const IniSection& main, int depth) {
    for (const IniOption& option : main.options) {
      if (option.name != "include") continue;
      const FileLine at{file, option.line};
      const TunedExpansion names = expander_.Expand(option.value);
      if (!names.problem.empty()) {
        basket_.Refuse(at, Format("include={}", Printable(option.value)), names.problem);
        continue;
      }
      for (const std::string& part : SplitNames(names.text)) {
        if (Status status = LoadNamed(part, at, depth + 1); !status) return status;
      }
    }
    return {};
  }

  static std::vector<std::string> SplitNames(std::string text) {
    std::ranges::replace(text, ',', ' ');
    std::ranges::replace(text, ';', ' ');
    return SplitWords(text);
  }

  /// A profile may include one of its own name from another folder, as a variant of it.
  Status LoadNamed(const std::string& name, const FileLine& at, int depth) {
    bool seen = false;
    std::vector<std::string> folders = {FolderOf(FolderOf(at.file))};
    for (const std::string_view folder : kFolders)
      folders.push_back(world_.root + std::string(folder));
    for (const std::string& folder : folders) {
      const std::string path = Format("{}/{}/tuned.conf", folder, name);
      if (std::ranges::find(read_, path) != read_.end()) {
        seen = true;
        continue;
      }
      const auto content = world_.files.Read(path, kMaxSettingsBytes);
      if (!content && content.error().kind == ErrorKind::kNotFound) continue;
      if (!content) return Fail(content.error());
      if (depth > kDeepest) {
        return Fail(IncludeError("include_cycle", at, Format("includes are nested too deeply")));
      }
      return Load({path, content->bytes, false}, depth);
    }
    if (seen) {
      return Fail(
          IncludeError("include_cycle", at,
                       Format("{} includes itself by way of {}", at.file, Printable(name))));
    }
    basket_.Refuse(
        at, Format("include={}", Printable(name)),
        "there is no such profile here: name its tuned.conf as a file of its own, first");
    return {};
  }

  void Merge(const std::string& file, const IniSection& section) {
    if (section.name == "main") return;
    if (section.name == "variables") {
      if (IsTrue(Find(section, "replace"))) variables_.list.clear();
      for (const IniOption& option : section.options) {
        if (option.name != "replace" && option.name != "prepend") {
          variables_.Set(option.name, {option.value, {file, option.line}});
        }
      }
      return;
    }
    MergeUnit(file, section);
  }

  void MergeUnit(const std::string& file, const IniSection& section) {
    auto at = std::ranges::find(sections_, section.name, &Section::name);
    if (at == sections_.end()) {
      at = sections_.insert(sections_.end(), Section{.name = section.name});
    } else if (IsTrue(Find(section, "replace"))) {
      *at = Section{.name = section.name};
    }
    const std::string type = Find(section, "type");
    at->type = type.empty() ? section.name : type;
    at->enabled = !IsFalse(Find(section, "enabled"));
    at->at = {file, section.line};
    for (const char* name : {"uname_regex", "cpuinfo_regex"}) {
      const std::string pattern = Find(section, name);
      if (!pattern.empty()) at->condition = Format("{}={}", name, pattern);
    }
    for (const std::string& dropped : SplitNames(Find(section, "drop")))
      at->options.Remove(dropped);
    for (const IniOption& option : section.options) {
      if (std::ranges::find(kSteering, option.name) == kSteering.end()) {
        at->options.Set(option.name, {option.value, {file, option.line}});
      }
    }
  }

  void DefineVariable(const std::string& name, const Placed& placed) {
    if (name != "include") {
      expander_.Define(name, placed.value);
      return;
    }
    const std::string text = ReadOrNothing(placed.value);
    if (text.empty()) {
      basket_.Refuse(placed.at, Format("include={}", Printable(placed.value)),
                     "this file of variables is not there, or empty");
      return;
    }
    basket_.files.push_back(placed.value);
    for (const IniSection& section : ParseIni(text).sections) {
      for (const IniOption& option : section.options) expander_.Define(option.name, option.value);
    }
  }

  void RefuseSection(const Section& section) {
    if (!section.enabled) return;
    basket_.Refuse(section.at, Format("[{}]", Printable(section.name)),
                   Format("TuneD's {} plug-in has no place in a profile", Printable(section.type)));
  }

  void AddSysctls(const Section& section) {
    if (!section.enabled) return;
    if (!section.condition.empty()) {
      basket_.Refuse(section.at, Format("[{}]", Printable(section.name)),
                     Format("it holds only on some machines ({})", Printable(section.condition)));
      return;
    }
    for (const auto& [key, placed] : section.options.list) AddSysctl(key, placed);
  }

  void AddSysctl(const std::string& key, const Placed& placed) {
    std::string value = placed.value;
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    const TunedExpansion expanded = expander_.Expand(value);
    if (!expanded.problem.empty()) {
      basket_.Refuse(placed.at, key, expanded.problem);
      return;
    }
    value = expanded.text;
    using Kind = ImportEntry::Kind;
    const bool modifier = value.size() > 1 && (value[0] == '>' || value[0] == '<');
    const Kind kind = !modifier ? Kind::kSet : value[0] == '>' ? Kind::kRaise : Kind::kLower;
    if (modifier) value.erase(0, 1);
    // Dots and slashes always change places here, whichever comes first.
    std::string path = key;
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
    basket_.entries.push_back({kind, key, path, value, false, placed.at});
  }

  const TunedWorld& world_;
  ImportBasket& basket_;
  TunedExpander expander_;
  std::vector<std::string> read_;
  Options variables_;
  std::vector<Section> sections_;
};

}  // namespace

Status AddTunedSource(const SourceText& source, const TunedWorld& world, ImportBasket& basket) {
  TunedReader reader(world, basket);
  if (Status status = reader.Load(source, 0); !status) return status;
  reader.Finish();
  return {};
}

}  // namespace tunewire
