// One profile from what all the files say.
#include "tunewire/tune/import.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/format.h"
#include "tune/boot_keys.h"
#include "tune/import_entries.h"
#include "tune/import_json.h"
#include "tune/sysctl_conf.h"
#include "tune/sysctl_conf_value.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

using Kind = ImportEntry::Kind;

constexpr std::size_t kMostBraces = 4096;

std::string PlaceText(const FileLine& at) { return Printable(Format("{}:{}", at.file, at.line)); }

bool IsGlob(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

/// JSON for the fields, or why there is none.
struct MadeValue {
  std::string value;
  std::string bound;
  std::string refusal;
};

MadeValue Refuse(std::string why) { return {{}, {}, std::move(why)}; }

std::string FieldsJson(const std::vector<std::string>& fields) {
  const bool number = fields.size() == 1 && ParseDecimal(fields[0]).has_value();
  return number ? fields[0] : JsonString(Join(fields, " "));
}

MadeValue MakeExact(const Tunable* tunable, std::string_view value) {
  KernelReading reading = ReadAsKernel(tunable, value);
  if (!reading.bad_word.empty()) {
    return Refuse(Format("the kernel refuses {}", Printable(reading.bad_word.substr(0, 60))));
  }
  if (HoldsNumbers(tunable)) reading.fields.resize(tunable->fields.size(), "keep");
  return {FieldsJson(reading.fields), {}, {}};
}

/// TuneD compares whole values as integers; with several fields it writes the sign itself.
MadeValue MakeBound(std::string_view name, const Tunable* tunable, std::string_view value) {
  const auto number = ParseDecimal(Trim(value));
  if (!number || (tunable != nullptr && tunable->fields.size() > 1)) {
    return Refuse("TuneD can compare single numbers only");
  }
  return {{}, Format("\"{}\": {}", name, *number), {}};
}

MadeValue MakeOneField(const ImportEntry& entry, const Tunable& tunable) {
  std::vector<std::string> fields(tunable.fields.size(), "keep");
  (entry.kind == Kind::kFirst ? fields.front() : fields.back()) = entry.value;
  return {JsonString(Join(fields, " ")), {}, {}};
}

MadeValue MakeValue(const ImportEntry& entry, const Tunable* tunable) {
  if (tunable != nullptr && tunable->standing == Standing::kRemoved) {
    return Refuse(
        Format("the kernel lacks it since {}; instead: {}", tunable->until, tunable->instead));
  }
  if (tunable != nullptr && tunable->access == Access::kReadOnly) return Refuse("it is read-only");
  switch (entry.kind) {
    case Kind::kRaise:
      return MakeBound("at_least", tunable, entry.value);
    case Kind::kLower:
      return MakeBound("at_most", tunable, entry.value);
    case Kind::kFirst:
    case Kind::kLast:
      return MakeOneField(entry, *tunable);
    default:
      return MakeExact(tunable, entry.value);
  }
}

/// The last word on every key text: an equal value keeps its place in the order of globs.
std::vector<const ImportEntry*> LastWords(const std::vector<ImportEntry>& entries) {
  struct Option {
    std::size_t order;
    const ImportEntry* last;
  };
  std::unordered_map<std::string_view, Option> options;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ImportEntry& entry = entries[i];
    const auto [at, added] = options.try_emplace(entry.path, Option{i, &entry});
    if (added) continue;
    const ImportEntry& before = *at->second.last;
    const bool same = before.kind == entry.kind && before.value == entry.value;
    at->second = {same ? at->second.order : i, &entry};
  }
  std::vector<Option> ordered;
  for (const auto& [path, option] : options) ordered.push_back(option);
  std::ranges::sort(ordered, {}, &Option::order);
  std::vector<const ImportEntry*> last;
  for (const Option& option : ordered) last.push_back(option.last);
  return last;
}

class Importer {
 public:
  Importer(ImportBasket& basket, std::span<const SysctlKey> existing)
      : basket_(basket), existing_(existing), keys_(existing) {}

  std::vector<JsonSetting> Settings() {
    const auto options = LastWords(basket_.entries);
    for (const ImportEntry* entry : options) {
      if (!IsGlob(entry->path)) named_.insert(entry->path);
    }
    for (const ImportEntry* entry : options) {
      if (IsGlob(entry->path) && entry->kind != Kind::kExclude) AddGlob(*entry);
    }
    for (const ImportEntry* entry : options) {
      if (IsGlob(entry->path)) continue;
      entry->kind == Kind::kExclude ? AddExclusion(*entry) : AddNamed(*entry, entry->path);
    }
    std::vector<JsonSetting> settings;
    for (auto& [key, setting] : settings_) settings.push_back(std::move(setting));
    return settings;
  }

  std::vector<JsonLimit> Limits() {
    struct Pair {
      std::optional<std::uint64_t> soft, hard;
      FileLine at;
    };
    std::vector<std::pair<std::string, std::string>> order;
    std::map<std::pair<std::string, std::string>, Pair> pairs;
    for (const LimitLine& line : basket_.limits) {
      const LimitAmount read = ReadLimitAmount(line.item, line.value);
      const bool soft = line.type == "soft" || line.type == "-";
      const bool hard = line.type == "hard" || line.type == "-";
      if (!read.amount || !(soft || hard)) {
        RefuseLimit(line, read.amount ? "neither soft, hard nor -" : read.problem);
        continue;
      }
      const std::pair key(line.item, line.domain);
      const auto [at, added] = pairs.try_emplace(key);
      if (added) order.push_back(key);
      if (soft) at->second.soft = read.amount;
      if (hard) at->second.hard = read.amount;
      at->second.at = line.at;
    }
    std::vector<JsonLimit> limits;
    for (const auto& key : order) {
      const Pair& pair = pairs.at(key);
      if (!pair.soft || !pair.hard) {
        basket_.Refuse(
            pair.at, Format("{} of {}", key.first, Printable(key.second)),
            Format("only its {} limit is given; a profile says both", pair.soft ? "soft" : "hard"));
        continue;
      }
      // pam_limits brings a soft limit above the hard one down to it.
      AddLimit(limits, key, std::min(*pair.soft, *pair.hard), *pair.hard, pair.at);
    }
    return limits;
  }

 private:
  void RefuseLimit(const LimitLine& line, std::string why) {
    basket_.Refuse(line.at, Printable(Format("{} {} {}", line.domain, line.type, line.item)),
                   std::move(why));
  }

  /// What the profile's own rules say of it, empty where they take it.
  static std::string Objection(const std::vector<JsonSetting>& settings,
                               const std::vector<JsonLimit>& limits) {
    const auto parsed = ParseProfile({"-", ProfileJson("x", "", settings, limits), false});
    return parsed ? "" : parsed.error().front().message;
  }

  void AddLimit(std::vector<JsonLimit>& limits, const std::pair<std::string, std::string>& key,
                std::uint64_t soft, std::uint64_t hard, const FileLine& at) {
    const auto amount = [](std::uint64_t value) {
      return value == kUnlimited ? JsonString("unlimited") : Format("{}", value);
    };
    JsonLimit limit{key.first, key.second, amount(soft), amount(hard), PlaceText(at)};
    const std::string objection = Objection({}, {limit});
    if (objection.empty()) {
      limits.push_back(std::move(limit));
    } else {
      basket_.Refuse(at, Format("{} of {}", key.first, Printable(key.second)), objection);
    }
  }

  bool Missing(const std::string& path) const {
    return !existing_.empty() && !IsGlob(path) && !keys_.Resolve(path);
  }

  /// One setting for `path`, which is the entry's own or one that its glob matches.
  void AddNamed(const ImportEntry& entry, const std::string& path) {
    const auto pattern = KeyPattern::Parse(path);
    if (!pattern) {
      basket_.Refuse(entry.at, Printable(entry.key), "no key has this name");
      return;
    }
    const auto key = SysctlKey::Parse(path);
    const Tunable* tunable = key ? FindTunable(*key) : nullptr;
    MadeValue made = MakeValue(entry, tunable);
    JsonSetting setting{pattern->name(), std::move(made.value), std::move(made.bound),
                        entry.ignore_failure || Missing(path), PlaceText(entry.at)};
    if (made.refusal.empty()) made.refusal = Objection({setting}, {});
    if (made.refusal.empty()) {
      settings_.insert_or_assign(pattern->name(), std::move(setting));
    } else {
      basket_.Refuse(entry.at, Printable(entry.key), std::move(made.refusal));
    }
  }

  std::vector<std::string> Matches(const std::string& path) const {
    std::vector<std::string> found;
    for (const std::string& pattern :
         ExpandBraces(path, kMostBraces).value_or(std::vector<std::string>{})) {
      for (const std::string& match : keys_.Glob(pattern)) {
        if (!named_.contains(match)) found.push_back(match);
      }
    }
    return found;
  }

  /// A profile's globs stand in an interface's place only, and the order of two of them says
  /// nothing there: other globs, and keys that two globs match, are named one by one.
  void AddGlob(const ImportEntry& entry) {
    const std::vector<std::string> matches = Matches(entry.path);
    const std::size_t before = settings_.size();
    const bool pattern = FitsInterfacePlace(entry.path);
    if (pattern) AddNamed(entry, entry.path);
    const bool added = settings_.size() != before;
    for (const std::string& path : matches) {
      const auto [at, first] = globbed_.try_emplace(path, entry.at);
      if (!first || !pattern) AddNamed(entry, path);
    }
    if (pattern && added) globs_.push_back(entry.path);
    if (!pattern && matches.empty()) {
      basket_.Refuse(entry.at, Printable(entry.key),
                     existing_.empty() ? "which keys it stands for is not known here"
                                       : "it matches no key here");
    }
  }

  static bool FitsInterfacePlace(const std::string& path) {
    const auto parts = Split(path, '/');
    if (parts.size() != 5 || path.find_first_of("{\\") != std::string::npos) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i != 3 && IsGlob(parts[i])) return false;
    }
    return parts[0] == "net" && (parts[2] == "conf" || parts[2] == "neigh");
  }

  /// "keep" under the key's own name: no glob of the profile touches it then.
  void AddExclusion(const ImportEntry& entry) {
    const auto key = SysctlKey::Parse(entry.path);
    const bool needed = key && std::ranges::any_of(globs_, [&](const std::string& glob) {
                          const auto pattern = KeyPattern::Parse(glob);
                          return pattern && pattern->Matches(*key);
                        });
    if (!needed) return;
    settings_.insert_or_assign(
        key->name(), JsonSetting{key->name(), JsonString("keep"), {}, true, PlaceText(entry.at)});
  }

  ImportBasket& basket_;
  std::span<const SysctlKey> existing_;
  BootKeys keys_;
  std::set<std::string, std::less<>> named_;
  std::map<std::string, FileLine> globbed_;
  std::vector<std::string> globs_;
  std::map<std::string, JsonSetting> settings_;
};

Error ImportError(std::string code, std::string message) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

Status AddSource(const SourceText& source, const TunedWorld& world, ImportBasket& basket) {
  const auto format = DetectSettingsFormat(source);
  if (!format) return Fail(format.error());
  if (*format == SettingsFormat::kProfile) {
    return Fail(ImportError("already_a_profile",
                            Format("{} is a tunewire profile already", Printable(source.path))));
  }
  if (*format == SettingsFormat::kTuned) return AddTunedSource(source, world, basket);
  basket.files.push_back(source.path);
  if (*format == SettingsFormat::kSysctl) AddSysctlSource(source, basket);
  if (*format == SettingsFormat::kLimits) AddLimitsSource(source, basket);
  if (*format == SettingsFormat::kSaptune) AddSaptuneSource(source, basket);
  return {};
}

/// "/etc/sysctl.d/99-x.conf" gives "99-x", TuneD's ".../web/tuned.conf" gives "web".
std::string NameFor(const ImportRequest& request) {
  if (!request.name.empty()) return request.name;
  if (request.sources.front().path.starts_with('<')) return "imported";
  std::vector<std::string> parts = Split(request.sources.front().path, '/');
  if (parts.size() > 1 && parts.back() == "tuned.conf") parts.pop_back();
  std::string name;
  for (const char c : parts.back().substr(0, parts.back().rfind('.'))) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain || (!name.empty() && (c == '-' || c == '_'))) name += c;
  }
  return name.empty() ? "imported" : name.substr(0, 64);
}

}  // namespace

void AddSysctlSource(const SourceText& source, ImportBasket& basket) {
  for (const SysctlLine& line : ParseSysctlLines(source.text, BootLoader::kSystemdSysctl)) {
    const FileLine at{source.path, line.line};
    if (line.kind == SysctlLine::Kind::kOther) {
      basket.Refuse(at, Printable(line.text.substr(0, 60)), "not an assignment");
      continue;
    }
    const bool exclusion = line.kind == SysctlLine::Kind::kExclusion;
    basket.entries.push_back({exclusion ? Kind::kExclude : Kind::kSet, std::string(line.key),
                              line.path, std::string(line.value), line.ignore_failure, at});
  }
}

Result<Imported> ImportProfile(const ImportRequest& request, std::span<const SysctlKey> existing,
                               const Files& files, const std::string& root) {
  ImportBasket basket;
  const TunedWorld world{files, root == "/" ? "" : root};
  for (const SourceText& source : request.sources) {
    if (Status status = AddSource(source, world, basket); !status) return Fail(status.error());
  }
  Importer importer(basket, existing);
  const std::vector<JsonSetting> settings = importer.Settings();
  const std::vector<JsonLimit> limits = importer.Limits();
  if (settings.empty() && limits.empty()) {
    return Fail(
        ImportError("nothing_to_import", "these files hold nothing that a profile can say"));
  }
  Imported result;
  result.name = NameFor(request);
  const std::string summary = Format("Imported from {}", Printable(Join(basket.files, ", ")));
  result.profile_text = ProfileJson(result.name, summary, settings, limits);
  result.files = std::move(basket.files);
  result.settings = static_cast<int>(settings.size());
  result.limits = static_cast<int>(limits.size());
  result.not_carried = std::move(basket.not_carried);
  std::ranges::stable_sort(result.not_carried, {}, &NotCarried::at);
  const auto parsed = ParseProfile({Format("{}.json", result.name), result.profile_text, false});
  if (!parsed) return Fail(parsed.error().front());
  return result;
}

}  // namespace tunewire
