// Profiles with everything they include, merged: what comes later wins.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

using Errors = std::vector<Error>;

constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kDeepestInclude = 16;
constexpr std::size_t kMostFiles = 64;

/// "/a/./b/../c" -> "/a/c", by the text alone, so that a cycle meets its own name again.
std::string NormalPath(std::string_view path) {
  std::vector<std::string> kept;
  for (std::string& part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    const bool up = part == ".." && !kept.empty() && kept.back() != "..";
    if (up) {
      kept.pop_back();
    } else if (part != ".." || !path.starts_with('/')) {
      kept.push_back(std::move(part));
    }
  }
  return (path.starts_with('/')             ? "/"
          : kept.empty() || kept[0] == ".." ? ""
                                            : "./") +
         Join(kept, "/");
}

/// A relative path in an include is seen from the file that holds it.
std::string ReferenceFrom(const std::string& file, const std::string& reference) {
  if (reference.find('/') == std::string::npos) return reference;
  const std::size_t slash = file.rfind('/');
  const bool relative = !reference.starts_with('/') && slash != std::string::npos;
  return NormalPath(relative ? file.substr(0, slash + 1) + reference : reference);
}

class Loader {
 public:
  explicit Loader(ProfileSource& source) : source_(source) {}

  void Load(const std::string& reference, const SourcePlace* included_at) {
    if (errors_.size() >= kMostErrors) return;
    if (TooMany(reference, included_at)) return;
    Result<SourceText> text = source_.Open(reference);
    if (!text) return Complain(std::move(text.error()), included_at);
    if (ClosesCycle(text->path, included_at) || !done_.insert(text->path).second) return;
    tl::expected<Profile, Errors> profile = ParseProfile(*text);
    if (!profile) return Add(std::move(profile.error()));
    chain_.push_back(text->path);
    LoadIncludes(*profile);
    chain_.pop_back();
    Merge(std::move(*profile));
  }

  tl::expected<ComposedProfile, Errors> Take(const std::vector<std::string>& references) {
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    ComposedProfile composed;
    composed.references = references;
    composed.name = Join(names_, "+");
    composed.summary = Join(summaries_, "; ");
    composed.files = std::move(files_);
    composed.overridden = std::move(overridden_);
    for (auto& [key, setting] : settings_) composed.settings.push_back(std::move(setting));
    for (auto& [key, limit] : limits_) composed.limits.push_back(std::move(limit));
    Finish(composed);
    return composed;
  }

 private:
  using LimitKey = std::tuple<std::string, LimitTarget, std::string>;

  void Complain(Error error, const SourcePlace* at) {
    if (!error.where && at != nullptr) error.where = *at;
    if (errors_.size() < kMostErrors) errors_.push_back(std::move(error));
  }

  void Add(Errors more) {
    for (Error& error : more) Complain(std::move(error), nullptr);
  }

  void Refuse(std::string code, std::string message, std::string hint, const SourcePlace* at) {
    Error error;
    error.kind = ErrorKind::kInvalid;
    error.code = std::move(code);
    error.message = std::move(message);
    error.hint = std::move(hint);
    Complain(std::move(error), at);
  }

  /// Paths that name one file in ever new ways would go on without end.
  bool TooMany(const std::string& reference, const SourcePlace* at) {
    if (chain_.size() < kDeepestInclude && done_.size() < kMostFiles) return false;
    Refuse("too_deep", Format("{} is one include too many", Printable(reference)),
           Format("at most {} files, {} deep", kMostFiles, kDeepestInclude), at);
    return true;
  }

  bool ClosesCycle(const std::string& path, const SourcePlace* at) {
    const auto first = std::find(chain_.begin(), chain_.end(), path);
    if (first == chain_.end()) return false;
    std::vector<std::string> round(first, chain_.end());
    round.push_back(path);
    Refuse("include_cycle", Format("{} includes itself", Printable(path)),
           Printable(Join(round, " -> ")), at);
    return true;
  }

  void LoadIncludes(const Profile& profile) {
    for (std::size_t i = 0; i < profile.include.size(); ++i) {
      Load(ReferenceFrom(profile.file, profile.include[i]), &profile.include_places[i]);
    }
  }

  void Merge(Profile profile) {
    files_.push_back(profile.file);
    if (chain_.empty()) {
      names_.push_back(profile.name);
      if (!profile.summary.empty()) summaries_.push_back(profile.summary);
    }
    for (Setting& setting : profile.settings) MergeSetting(std::move(setting));
    for (LimitSetting& limit : profile.limits) {
      LimitKey key{limit.item, limit.target, limit.subject};
      limits_.insert_or_assign(std::move(key), std::move(limit));
    }
  }

  void MergeSetting(Setting setting) {
    const auto [place, inserted] = settings_.try_emplace(setting.key.name(), setting);
    if (inserted) return;
    overridden_.emplace_back(std::move(place->second), setting);
    place->second = std::move(setting);
  }

  static bool Keeps(const Setting& setting) {
    return !setting.want.fields.empty() &&
           std::ranges::all_of(setting.want.fields, [](const FieldRequirement& field) {
             return field.kind == FieldRequirement::Kind::kKeep;
           });
  }

  /// "keep" in a later profile takes a key out: nothing is asked of it any more. Where a pattern
  /// covers the key it stays, since it is what holds the pattern off.
  static void Finish(ComposedProfile& composed) {
    std::vector<KeyPattern> patterns;
    for (const Setting& setting : composed.settings) {
      if (setting.key.is_glob() && !Keeps(setting)) patterns.push_back(setting.key);
    }
    std::erase_if(composed.settings, [&patterns](const Setting& setting) {
      const auto covers = [&setting](const KeyPattern& pattern) {
        return pattern.Matches(setting.key.key());
      };
      return Keeps(setting) && (setting.key.is_glob() || std::ranges::none_of(patterns, covers));
    });
  }

  ProfileSource& source_;
  Errors errors_;
  std::vector<std::string> chain_;  ///< files being read, outermost first
  std::set<std::string> done_;  ///< a file that two others include counts once, where it came first
  std::vector<std::string> files_;
  std::vector<std::string> names_;
  std::vector<std::string> summaries_;
  std::map<std::string, Setting> settings_;
  std::map<LimitKey, LimitSetting> limits_;
  std::vector<std::pair<Setting, Setting>> overridden_;
};

}  // namespace

tl::expected<ComposedProfile, std::vector<Error>> LoadProfiles(
    const std::vector<std::string>& references, ProfileSource& source) {
  Loader loader(source);
  for (const std::string& reference : references) loader.Load(reference, nullptr);
  return loader.Take(references);
}

}  // namespace tunewire
