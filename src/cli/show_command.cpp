// tunewire show: values now, of single keys, globs, folders, profiles, or of everything known.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/lookup.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Keys = Result<std::vector<SysctlKey>>;

/// A key cut to as many parts as a pattern has: what the pattern is held against, so that "net.*"
/// means everything below net.
bool MatchesBegin(const KeyPattern& pattern, std::size_t parts, const SysctlKey& key) {
  if (pattern.Matches(key)) return true;
  std::vector<std::string> names = key.parts();
  if (names.size() <= parts) return false;
  names.resize(parts);
  const Result<SysctlKey> begin = SysctlKey::Parse(Join(names, "/"));
  return begin && pattern.Matches(*begin);
}

Keys MatchingKeys(const SysctlTree& tree, const KeyPattern& pattern) {
  const std::string folder = pattern.FixedFolder();
  Keys keys = tree.List(folder);
  if (!keys) return keys;
  const Result<SysctlKey> whole = SysctlKey::Parse(pattern.name());
  const std::size_t parts = whole ? whole->parts().size() : 0;
  std::erase_if(*keys, [&](const SysctlKey& key) { return !MatchesBegin(pattern, parts, key); });
  return keys;
}

/// The catalog's rows that this host has; rows with '*' once for each interface.
std::vector<ShownSetting> EverythingKnown(const SysctlTree& tree) {
  std::vector<ShownSetting> settings;
  std::set<SysctlKey> shown;
  const auto add = [&](const SysctlKey& key) {
    if (!shown.insert(key).second) return;
    ShownSetting setting = ReadSetting(tree, key);
    if (setting.value || !setting.absence.empty()) settings.push_back(std::move(setting));
  };
  for (const Tunable& tunable : AllTunables()) {
    const Result<KeyPattern> pattern = KeyPattern::Parse(tunable.key);
    if (!pattern) continue;
    if (!pattern->is_glob()) {
      add(pattern->key());
      continue;
    }
    const Result<std::vector<std::string>> names = tree.Names(pattern->FixedFolder());
    if (!names) continue;
    const std::string path = SysctlKey::Parse(tunable.key)->path();
    const std::size_t star = path.find('*');
    for (const std::string& name : *names) {
      const Result<SysctlKey> key =
          SysctlKey::Parse(path.substr(0, star) + name + path.substr(star + 1));
      if (key) add(*key);
    }
  }
  std::sort(settings.begin(), settings.end(),
            [](const ShownSetting& a, const ShownSetting& b) { return a.key < b.key; });
  return settings;
}

std::vector<ShownSetting> ReadAll(const SysctlTree& tree, const std::vector<SysctlKey>& keys) {
  std::vector<ShownSetting> settings;
  settings.reserve(keys.size());
  for (const SysctlKey& key : keys) settings.push_back(ReadSetting(tree, key));
  return settings;
}

std::string WantText(const Setting& setting, const MemoryFacts& memory) {
  const Result<Requirement> resolved =
      setting.key.is_glob() ? Result<Requirement>(setting.want)
                            : setting.want.Resolve(FindTunable(setting.key.key()), memory);
  return resolved ? resolved->ToText() : setting.want.ToText();
}

ShownGroup GroupOfProfile(const SysctlTree& tree, const HostInfo& info,
                          const ComposedProfile& profile) {
  ShownGroup group;
  group.heading = Format("profile {}: {}", profile.name, profile.summary);
  group.limits = profile.limits;
  for (const Setting& setting : profile.settings) {
    const auto add = [&](const SysctlKey& key) {
      ShownSetting shown = LookUp(tree, key);
      shown.want = WantText(setting, info.memory);
      shown.origin = setting.origin;
      shown.why = setting.why;
      group.settings.push_back(std::move(shown));
    };
    if (!setting.key.is_glob()) {
      add(setting.key.key());
    } else if (const Keys keys = MatchingKeys(tree, setting.key)) {
      std::for_each(keys->begin(), keys->end(), add);
    }
  }
  return group;
}

class Showing {
 public:
  Showing(Session& session, const SysctlTree& tree) : session_(session), tree_(tree) {}

  /// Single keys gather in one table; folders, globs and profiles stand apart.
  std::vector<Error> Add(const std::string& name) {
    if (const Result<KeyPattern> pattern = KeyPattern::Parse(name)) {
      if (pattern->is_glob()) return AddGlob(*pattern, name);
      if (AddPresent(pattern->key())) return {};
    }
    const bool path = name == "-" || name.find('/') != std::string::npos;
    if (path || IsProfile(name)) return AddProfile(name);
    return AddAbsent(name);
  }

  ShowView Take() { return std::move(view_); }

 private:
  bool AddPresent(const SysctlKey& key) {
    if (tree_.State(key).access != KeyState::Access::kAbsent) {
      Singles().settings.push_back(ReadSetting(tree_, key));
      return true;
    }
    const Keys below = tree_.List(key.path());
    if (!below || below->empty()) return false;
    view_.groups.push_back({"", ReadAll(tree_, *below), {}});
    singles_ = false;
    return true;
  }

  std::vector<Error> AddGlob(const KeyPattern& pattern, const std::string& name) {
    const Keys keys = MatchingKeys(tree_, pattern);
    if (!keys) return {keys.error()};
    if (keys->empty()) {
      Error error = NoSuchKey(name);
      error.message = Format("no key matches '{}'", Printable(name));
      return {error};
    }
    view_.groups.push_back({"", ReadAll(tree_, *keys), {}});
    singles_ = false;
    return {};
  }

  [[nodiscard]] bool IsProfile(const std::string& name) {
    const Result<SourceText> source = session_.profiles().Open(name);
    return source || source.error().kind != ErrorKind::kNotFound;
  }

  std::vector<Error> AddProfile(const std::string& name) {
    const auto profile = LoadProfiles({name}, session_.profiles());
    if (!profile) return profile.error();
    const Result<const HostInfo*> info = session_.Info();
    if (!info) return {info.error()};
    view_.groups.push_back(GroupOfProfile(tree_, **info, *profile));
    singles_ = false;
    return {};
  }

  /// A key that the catalog knows and the host lacks is an answer; anything else a mistake.
  std::vector<Error> AddAbsent(const std::string& name) {
    const Result<SysctlKey> key = SysctlKey::Parse(name);
    if (key && FindTunable(*key) != nullptr) {
      Singles().settings.push_back(LookUp(tree_, *key));
      return {};
    }
    Error error = NoSuchKey(name);
    const Result<std::vector<FoundProfile>> found = session_.profiles().List();
    std::vector<std::string> names;
    if (found) {
      for (const FoundProfile& profile : *found) names.push_back(profile.name);
    }
    const std::vector<std::string> near = Nearest(name, names, 1);
    error.message = Format("neither a key nor a profile: '{}'", Printable(name));
    if (!near.empty()) error.hint = Format("did you mean the profile {}?", near.front());
    return {error};
  }

  ShownGroup& Singles() {
    if (!singles_) view_.groups.emplace_back();
    singles_ = true;
    return view_.groups.back();
  }

  Session& session_;
  const SysctlTree& tree_;
  ShowView view_;
  bool singles_ = false;
};

}  // namespace

Answer Run(Session& session, const ShowArguments& arguments) {
  const Result<SysctlTree*> tree = session.Tree();
  if (!tree) return session.Refuse(tree.error());
  Showing showing(session, **tree);
  std::vector<Error> errors;
  for (const std::string& name : arguments.names) {
    for (Error& error : showing.Add(name)) errors.push_back(std::move(error));
  }
  ShowView view = showing.Take();
  if (arguments.names.empty()) view.groups.push_back({"", EverythingKnown(**tree), {}});
  Answer answer;
  if (!errors.empty()) answer = session.Refuse(std::move(errors));
  answer.text = session.json() ? ShowJson(view) : ShowText(view, session.style());
  return answer;
}

}  // namespace tunewire
